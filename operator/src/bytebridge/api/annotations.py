"""Annotations that a person sets on a ScalableService in an incident."""

from collections.abc import Mapping

from bytebridge.api.names import MIN_REPLICAS_ANNOTATION

MOST_REPLICAS = 10_000
"""As for `spec.scaling.maxReplicas`."""


def manual_floor(annotations: Mapping[str, str]) -> int | None:
    """Replicas that the annotation asks for; `None` when there is none.

    Raises:
        ValueError: It is no whole number from 0 to 10,000; the message says what to write.
    """
    text = annotations.get(MIN_REPLICAS_ANNOTATION)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_REPLICAS):
        raise ValueError(
            f"metadata.annotations[{MIN_REPLICAS_ANNOTATION}]: expected a whole number of replicas "
            f'from 0 to {MOST_REPLICAS}, in quotes, such as "12"; got {text[:40]!r}'
        )
    return int(text)
