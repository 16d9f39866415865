"""What the law remembers of one service between two decisions."""

from dataclasses import dataclass, field

from bytebridge.scaling.backlog import Backlog
from bytebridge.scaling.bottleneck import Bottleneck
from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.ceiling import Ceiling
from bytebridge.scaling.climb import Climb
from bytebridge.scaling.dispersion import Dispersion
from bytebridge.scaling.doubtful_queue import DoubtfulQueue
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.full_replicas import FullReplicas
from bytebridge.scaling.history import Sample
from bytebridge.scaling.hold import HoldWindow
from bytebridge.scaling.in_flight import InFlight
from bytebridge.scaling.in_work import InWork
from bytebridge.scaling.language_model import LanguageModelMemory
from bytebridge.scaling.late_counts import LateCounts
from bytebridge.scaling.lateness import Lateness
from bytebridge.scaling.old_service_time import OldServiceTime
from bytebridge.scaling.probing import Probing
from bytebridge.scaling.rails import RailsMemory
from bytebridge.scaling.recurrence import Recurrence
from bytebridge.scaling.repetition import Reading
from bytebridge.scaling.seasonal import Seasons
from bytebridge.scaling.slowdown import Slowdown
from bytebridge.scaling.slowing import Slowing
from bytebridge.scaling.small_steps import SmallSteps
from bytebridge.scaling.startup import StartupTimes
from bytebridge.scaling.stuck_queue import StuckQueue
from bytebridge.scaling.sustained import Sustained
from bytebridge.scaling.swell import Swell
from bytebridge.scaling.trial import Trial
from bytebridge.scaling.uncounted import Uncounted
from bytebridge.scaling.worked_off import WorkedOff


@dataclass(slots=True)
class State:
    """Memory of one service; lost with the operator's process, and safe to lose."""

    sample: Sample | None = None
    reading: Reading | None = None
    """The last one that told something new."""
    dispersion: Dispersion = field(default_factory=Dispersion)
    late_counts: LateCounts = field(default_factory=LateCounts)
    capacity: Capacity = field(default_factory=Capacity)
    needs: HoldWindow = field(default_factory=HoldWindow)
    """Needs that are held for `holdSeconds`."""
    small_steps: SmallSteps = field(default_factory=SmallSteps)
    surplus: HoldWindow = field(default_factory=HoldWindow)
    """Needs of a backlog or a forecast, given back soon."""
    ramps: HoldWindow = field(default_factory=HoldWindow)
    """Needs of a ramp's forecast."""
    climb: Climb = field(default_factory=Climb)
    swell: Swell = field(default_factory=Swell)
    seasons: Seasons = field(default_factory=Seasons)
    recurrence: Recurrence = field(default_factory=Recurrence)
    language_model: LanguageModelMemory | None = None
    """Only of services with floors of an LLM server."""
    rails: RailsMemory | None = None
    """Only of services that use them."""
    size: FleetSize = field(default_factory=FleetSize)
    backlog: Backlog = field(default_factory=Backlog)
    bottleneck: Bottleneck = field(default_factory=Bottleneck)
    ceiling: Ceiling = field(default_factory=Ceiling)
    sustained: Sustained = field(default_factory=Sustained)
    slowdown: Slowdown = field(default_factory=Slowdown)
    slowing: Slowing = field(default_factory=Slowing)
    trial: Trial = field(default_factory=Trial)
    probing: Probing = field(default_factory=Probing)
    lateness: Lateness = field(default_factory=Lateness)
    uncounted: Uncounted = field(default_factory=Uncounted)
    old_service_time: OldServiceTime = field(default_factory=OldServiceTime)
    doubtful_queue: DoubtfulQueue = field(default_factory=DoubtfulQueue)
    stuck_queue: StuckQueue = field(default_factory=StuckQueue)
    in_flight: InFlight = field(default_factory=InFlight)
    in_work: InWork = field(default_factory=InWork)
    """Only of services with an objective for their queue."""
    worked_off: WorkedOff = field(default_factory=WorkedOff)
    """Likewise."""
    full: FullReplicas = field(default_factory=FullReplicas)
    startup: StartupTimes = field(default_factory=StartupTimes)
    blind_since: float | None = None
    unseen_since: float | None = None
    """Since when some of the replicas have had no fresh series."""
    found: int | None = None
    """Replicas that stood at the first decision; `None`: there was none."""

    def forget_needs(self) -> None:
        """Needs of the past are none: they were of a service time that is not the service's."""
        self.needs, self.small_steps = HoldWindow(), SmallSteps()
        self.surplus, self.ramps = HoldWindow(), HoldWindow()

    def forget_template(self) -> None:
        """Another pod template may use the database and its slots in another way."""
        self.bottleneck, self.ceiling, self.sustained = Bottleneck(), Ceiling(), Sustained()
        self.slowdown, self.trial, self.full = Slowdown(), Trial(), FullReplicas()
        self.size, self.probing, self.reading = FleetSize(), Probing(), None
