"""Tests of the product on a real cluster."""
