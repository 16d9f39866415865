"""A production trace at ten times its load against a synthetic service in the local cluster."""
