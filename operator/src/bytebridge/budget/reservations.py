"""What services hold whose spec cannot be understood any more: their pods run on, and so do pools.

Nothing is taken from them, as nothing can be rolled out to them; the others share what is left.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from bytebridge.budget.claims import Claim, ClaimKey
from bytebridge.budget.endpoints import Endpoint
from bytebridge.budget.grants import Grant
from bytebridge.budget.limits import Limits
from bytebridge.budget.settlement import Books, Settlement, settle


@dataclass(frozen=True, slots=True)
class Booking:
    """What a grant takes of one endpoint."""

    endpoint: Endpoint
    connections: int
    usable: int
    """What the endpoint bore when this was granted: it may be known from this service alone."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A grant that stands whatever comes."""

    key: ClaimKey
    grant: Grant
    bookings: tuple[Booking, ...]

    @property
    def claim(self) -> Claim:
        """As it stands in a report; it is never settled."""
        held = max(1, self.grant.held)
        return Claim(
            key=self.key,
            shares={of.endpoint: Fraction(of.connections, held) for of in self.bookings},
            max_replicas=self.grant.max_replicas,
            max_pool_size=self.grant.pool_size,
        )


def bookings_of(claim: Claim, held: Grant, limits: Limits) -> tuple[Booking, ...]:
    """What is written down beside a grant, so that it can be reserved one day."""
    return tuple(Booking(of, claim.load(of, held.held), limits[of]) for of in sorted(claim.shares))


def limits_kept(reservations: Iterable[Reservation]) -> Iterator[tuple[Endpoint, int]]:
    """Limits that a service stated while its spec was understood."""
    for reservation in reservations:
        for booking in reservation.bookings:
            yield booking.endpoint, booking.usable


def settle_beside(books: Books, reservations: Iterable[Reservation]) -> Settlement:
    """Settle what the reservations leave, and book them with the rest."""
    reserved = list(reservations)
    taken = _taken(reserved)
    left = {of: limit - taken.get(of, 0) for of, limit in books.limits.items()}
    settlement = settle(replace(books, limits=left))
    settlement.grants |= {each.key: each.grant for each in reserved}
    for of, connections in taken.items():
        settlement.booked[of] = settlement.booked.get(of, 0) + connections
    return settlement


def _taken(reservations: Iterable[Reservation]) -> Mapping[Endpoint, int]:
    taken: dict[Endpoint, int] = {}
    for reservation in reservations:
        for booking in reservation.bookings:
            taken[booking.endpoint] = taken.get(booking.endpoint, 0) + booking.connections
    return taken
