"""A local cluster on loopback: etcd, API server, controller manager, KWOK and Prometheus."""
