"""The guides name every vendor and every tool that there is."""

from pathlib import Path

import pytest

from waystation.upstream.pictures.recraft import TOOLS as RECRAFT
from waystation.upstream.pictures.registry import BY_VENDOR
from waystation.upstream.pictures.stability import TOOLS as STABILITY
from waystation.upstream.vendors import VENDORS

GUIDES = Path(__file__).parents[2] / "docs" / "guides"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_vendors_and_tools_are_described(language: str) -> None:
    text = (GUIDES / language / "pictures.md").read_text()
    drawing = {name for name, vendor in VENDORS.items() if "image" in vendor.paths}
    for name in {*BY_VENDOR, *RECRAFT, *STABILITY, *drawing}:
        assert f"`{name}`" in text, name
