"""End-to-end tests: the operator on a real Kubernetes cluster."""
