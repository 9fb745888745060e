"""Tests marked `untraced` stay out of coverage's sight: tracing makes pure code five times as slow,
and what they run by the thousand, other tests run too. What is measured is a lower bound of what
is run, so the floors hold all the more.
"""

from collections.abc import Generator

import pytest
from coverage import Coverage


class Tracing:
    """A plugin; there is one only while coverage measures. Fixtures are always traced."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        if item.get_closest_marker("untraced") is None:
            return (yield)
        self._coverage.stop()
        try:
            return (yield)
        finally:
            self._coverage.start()
