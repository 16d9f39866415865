"""The security context of containers that the operator adds."""

from bytebridge.resources.ownership import Manifest


def restricted_security(user: int) -> Manifest:
    """What the Pod Security Standard "restricted" asks of a container, and a read-only root."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
