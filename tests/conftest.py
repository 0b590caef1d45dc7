"""Settings for every test: property tests get no deadline each, since shared machines pause; what they find is repeatable."""

from hypothesis import settings

settings.register_profile("desk", deadline=None, derandomize=True, database=None)
settings.load_profile("desk")
