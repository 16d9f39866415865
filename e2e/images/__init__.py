"""Images of the end-to-end tests, built without a registry of images."""
