"""What earlier days and earlier surges tell of the load to come."""

from math import inf

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.climb import climbing_rate, observe_climb
from bytebridge.scaling.demand import Demand
from bytebridge.scaling.needs import NOTHING_FORESEEN, Foreseen, Needs, Startup
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.recurrence import SURPRISE, Presence, observe_surges, recurring_rate
from bytebridge.scaling.seasonal import observe_season, seasonal_rate
from bytebridge.scaling.state import State
from bytebridge.scaling.swell import observe_swell, swollen_rate

DAILY = "by what came on other days, {:.0f} requests/s are due"
RECURRING = "surges come again and again, {:.0f} requests/s are due"


def foresee(
    policy: Policy, state: State, time: float, demand: Demand | None, startup: Startup
) -> Foreseen:
    """What is due when replicas that are decided now serve. Workers need no forecast."""
    if demand is None or not policy.interactive:
        return NOTHING_FORESEEN
    horizon = startup.seconds + policy.tick_seconds
    season = _season(policy, state, time, demand, horizon)
    highest = state.dispersion.highest(time)
    climb = _climb(state, time, demand, horizon)
    observe_swell(state.swell, state.climb, horizon, policy.percentile)
    swell = swollen_rate(state.swell, demand.rate, horizon)
    if state.recurrence.window is None:
        words = DAILY.format(season) if season else ""
        return Foreseen(season, words, highest, climb=climb, swell=swell)
    highest = min(highest, state.recurrence.height)
    recurring = recurring_rate(state.recurrence, time, horizon)
    rise = max(recurring, demand.rate) if demand.rate < SURPRISE * recurring else inf
    if recurring <= max(season, demand.rate):
        return Foreseen(season, DAILY.format(season), highest, rise, climb, swell)
    words = RECURRING.format(recurring)
    return Foreseen(recurring, words, highest, rise, climb, swell)


def _climb(state: State, time: float, demand: Demand, horizon_seconds: float) -> float:
    index = state.dispersion.index
    if demand.sample.history:
        observe_climb(state.climb, demand, index)
    return climbing_rate(state.climb, demand, time, horizon_seconds, index)


def _season(
    policy: Policy, state: State, time: float, demand: Demand, horizon_seconds: float
) -> float:
    """The season's rate for a time ahead; 0: nothing beyond the present."""
    if demand.counted:
        observe_season(state.seasons, time, demand.rate, policy.day_seconds)
    if state.seasons.trusted is None:
        return 0.0
    return seasonal_rate(state.seasons, time, demand.rate, horizon_seconds, policy.day_seconds)


def learn_surges(
    policy: Policy,
    state: State,
    observation: Observation,
    demand: Demand | None,
    service: tuple[Capacity, Startup],
    needs: Needs,
) -> None:
    """Learn when surges come, where the load and a replica are known."""
    if demand is None or not demand.counted or not policy.interactive:
        return
    capacity, startup = service
    each = capacity.requests_per_second
    if each is None:
        return
    served = observation.replicas.ready * each
    if state.recurrence.surge is None and max(demand.rate, demand.fast) <= SURPRISE * served:
        return
    replicas = observation.replicas
    now = Presence(
        observation.time,
        demand.rate,
        demand.fast_seconds,
        demand.sample.history,
        served=served,
        each=each * policy.target_utilization,
        surplus=max(0.0, replicas.desired - max(needs.steady, policy.min_replicas)),
    )
    observe_surges(state.recurrence, now, startup.seconds + policy.tick_seconds)
