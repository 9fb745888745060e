"""Tests marked `untraced` stay out of coverage's sight, with their fixtures and the processes that
they start: tracing makes pure code five times as slow, and what they run, other tests run too. What
is measured is a lower bound of what is run, so the floors hold all the more.
"""

import os
from collections.abc import Generator

import pytest
from coverage import Coverage

_OF_CHILDREN = "COVERAGE_PROCESS_CONFIG"
"""Tells the processes that are started to measure themselves."""


class Tracing:
    """A plugin; there is one only while coverage measures."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if item.get_closest_marker("untraced") is None:
            return (yield)
        told = os.environ.pop(_OF_CHILDREN, None)
        self._coverage.stop()
        try:
            return (yield)
        finally:
            self._coverage.start()
            if told is not None:
                os.environ[_OF_CHILDREN] = told
