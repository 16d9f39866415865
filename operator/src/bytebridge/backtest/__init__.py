"""What the operator would have done on what Prometheus has recorded of a running service."""
