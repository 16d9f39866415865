"""Prometheus to readings: one query a preset and tick for all services."""
