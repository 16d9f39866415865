"""Kubernetes memory quantities."""

from decimal import Decimal
from typing import Final

_FACTORS: Final = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "Ki": Decimal(2) ** 10,
    "Mi": Decimal(2) ** 20,
    "Gi": Decimal(2) ** 30,
}


def quantity_bytes(quantity: str) -> int:
    """Bytes of a quantity such as `256Mi`.

    Raises:
        ValueError: The quantity is not of the form that the CRD's pattern allows.
    """
    number = quantity.rstrip("mkMGKi")
    suffix = quantity[len(number) :]
    if suffix not in _FACTORS or not number:
        raise ValueError(f"memory: expected a quantity such as 256Mi, got {quantity!r}")
    return int(Decimal(number) * _FACTORS[suffix])
