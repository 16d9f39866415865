"""The conditions of an exposed service, in words."""

from dataclasses import dataclass

from bytebridge.api.exposure import Exposure
from bytebridge.controller.routes import RouteView
from bytebridge.resources.termination import Termination

Words = tuple[str, str, str]
"""Status, reason and message."""


@dataclass(frozen=True, slots=True)
class ExposureFacts:
    """What is known of how a service is reached."""

    exposure: Exposure
    obstacle: tuple[str, str] | None
    view: RouteView | None
    """Of its Ingress or HTTPRoute; `None`: not applied yet."""
    termination: Termination | None


def exposed(facts: ExposureFacts) -> Words:
    """Whether requests from outside find the service."""
    exposure, view = facts.exposure, facts.view
    if facts.obstacle is not None:
        return ("False", *facts.obstacle)
    if view is None:
        return "Unknown", "NotApplied", f"the {exposure.type.value} is not applied yet"
    hosts = ", ".join(exposure.hosts) or "every host"
    if exposure.is_route:
        return _route(view, hosts)
    if view.address is None:
        words = "no controller has given the Ingress an address yet: see that one of its class runs"
        return "Unknown", "AddressPending", words
    return "True", "AddressAssigned", f"{hosts} at {view.address}"


def exposure_status(facts: ExposureFacts | None) -> dict[str, str] | None:
    """For the status; `None` ends what it said before."""
    address = facts.view.address if facts and facts.view else None
    return {"address": address} if address else None


def _route(view: RouteView, hosts: str) -> Words:
    if view.accepted is None:
        words = "no Gateway has accepted the HTTPRoute yet: see that parentRefs name one that runs"
        return "Unknown", "NotAccepted", words
    if not view.accepted:
        return "False", "RouteRefused", view.refusal
    return "True", "RouteAccepted", f"{hosts} by the Gateways of parentRefs"


def graceful_termination(facts: ExposureFacts) -> Words | None:
    """Whether pods that end drop no request, as far as their template tells."""
    found = facts.termination
    if found is None:
        return None
    if found.grace_seconds < found.needed_grace_seconds:
        words = (
            f"the template's terminationGracePeriodSeconds {found.grace_seconds} is kept and cuts "
            f"requests off; raise it to {found.needed_grace_seconds} or remove it"
        )
        return "False", "GracePeriodTooShort", words
    if found.sleep_seconds is None:
        words = (
            "the template's own preStop hook is kept; see that it takes "
            f"{found.needed_sleep_seconds} s, or remove it"
        )
        return "Unknown", "OwnPreStop", words
    if found.sleep_seconds < found.needed_sleep_seconds:
        words = (
            f"the template's preStop sleep of {found.sleep_seconds} s is kept and ends before load "
            f"balancers know; raise it to {found.needed_sleep_seconds} or remove it"
        )
        return "False", "PreStopTooShort", words
    words = (
        f"a pod that ends serves for {found.sleep_seconds} s more, and has "
        f"{found.grace_seconds} s in all"
    )
    return "True", "Draining", words
