from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.midjourney_emulated.easel import Easel
from tests.midjourney_emulated.site import Site, demo
from tests.support.gateway import channel, data_template, document, token
from tests.support.serve import Serve, serving

__all__ = ["data_template"]

KEYS = {name: f"sk-emulated-{name}-0123456789" for name in ("flux", "gpt", "pair", "vary")}
"""Of tokens in groups whose channels lead to the easel."""


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="package")
def easel() -> Iterator[Easel]:
    with Easel() as one:
        yield one


@pytest.fixture(scope="package")
def serve(
    data_template: Path, tmp_path_factory: pytest.TempPathFactory, easel: Easel
) -> Iterator[Serve]:
    """`waystation serve`, faces allowed; in group "default" the demo draws."""

    def drawing(name: str, model: str, group: str, **more: Any) -> dict[str, Any]:
        more = {"vendor": "openai-compatible", "operations": ["image"], **more}
        return channel(name, easel.url, groups=[group], model_map={"mj_*": model}, **more)

    what = document(
        [
            demo(),
            drawing("flux", "flux-dev", "flux"),
            drawing("gpt", "gpt-image-1", "gpt", vendor="openai"),
            drawing("vary", "flux-dev", "vary", operations=["image", "image_variation"]),
            drawing("away", "flux-dev", "pair", base_url="http://127.0.0.1:9", priority=1),
            drawing("there", "flux-dev", "pair", priority=2),
        ],
        credit="1000",
        groups=[{"name": name} for name in ("default", *KEYS)],
        tokens=[token(groups=["default"])]
        + [token(name, key, groups=[name]) for name, key in KEYS.items()],
    )
    what["midjourney"] = {"swap_face": True}
    with serving(data_template, tmp_path_factory.mktemp("drawn"), what) as one:
        yield one


@pytest.fixture(scope="package")
def site(serve: Serve) -> Site:
    """With the demo's channel."""
    return Site(serve)
