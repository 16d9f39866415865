"""ByteBridge: a Kubernetes operator that autoscales NLP inference services."""

__version__ = "0.1.0"
