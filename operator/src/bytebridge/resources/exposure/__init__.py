"""What leads requests from outside the cluster to a service."""
