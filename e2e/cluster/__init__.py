"""A real kind cluster, also where no registry of images can be reached."""
