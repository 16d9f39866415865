"""Connections of a database as a budget: who may hold how many, at the worst moment."""
