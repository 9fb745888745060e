from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from tests.midjourney_emulated.site import Site, demo
from tests.support.gateway import data_template, document
from tests.support.serve import serving

__all__ = ["data_template"]


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="package")
def site(data_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`waystation serve` with a demo channel that draws; one account of $1000, faces allowed."""
    what = document([demo()], credit="1000")
    what["midjourney"] = {"swap_face": True}
    with serving(data_template, tmp_path_factory.mktemp("drawn"), what) as serve:
        yield Site(serve)
