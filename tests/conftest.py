"""What holds for all tests: property tests take the same examples in each run, at any pace."""

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
