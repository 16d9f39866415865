"""What can go wrong between a bare machine and a cluster that answers."""


class ClusterError(Exception):
    """The cluster, or what it stands on, cannot be had; the message says why and what to do."""
