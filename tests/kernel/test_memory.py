"""The collector rests while modules are loaded, and only then."""

import gc

import pytest

from waystation.kernel.memory import loading


def test_collector_rests_while_loading() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_collector_works_again_when_loading_fails() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()
