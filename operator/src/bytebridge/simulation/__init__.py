"""A discrete-event model of a service under ByteBridge or under one of its peers.

Deterministic for a seed, no cluster, no clock: half an hour at 1,000 requests/s takes seconds.
"""
