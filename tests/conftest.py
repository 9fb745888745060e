"""What holds for all tests: property tests take the same examples in each run, at any pace, and
files lie in memory where there is room."""

import gc
import os

import pytest
from coverage import Coverage
from hypothesis import settings

from tests.answered import FOLDER, Answered
from tests.support.room import roomy_folder
from tests.tracing import Tracing

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

# Before pytest makes its first folder: thousands of stores are made and synced to a disk that no
# test takes away.
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", roomy_folder())


def pytest_configure(config: pytest.Config) -> None:
    measuring = Coverage.current()
    if measuring is not None:
        config.pluginmanager.register(Tracing(measuring))
    if FOLDER.is_dir():
        Answered(FOLDER).start()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
