"""The decision core: an observation in, a number of replicas and its reasons out. Pure."""
