"""Settings of all tests."""

from hypothesis import settings

# How long one example takes says what else the machine does, not whether a law holds.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
