"""An open-loop load generator for the service."""
