"""Objects that the end-to-end tests apply."""
