"""The product on a real cluster: a release, a service under load, Prometheus, databases."""
