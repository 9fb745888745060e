from tests.serve.conftest import pytest_asyncio_loop_factories
from tests.support.gateway import data_template, rogue

__all__ = ["data_template", "pytest_asyncio_loop_factories", "rogue"]
