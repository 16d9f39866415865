"""The classifier as an HTTP service."""
