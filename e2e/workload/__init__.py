"""What runs in the cluster of the end-to-end tests: an inference service and its load."""
