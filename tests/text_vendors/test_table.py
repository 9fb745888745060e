"""The vendors' data, and the guides that tell of it."""

import re
from pathlib import Path

import pytest

from waystation.upstream.clouds import CLOUDS
from waystation.upstream.url import parse_url
from waystation.upstream.vendors import VENDORS, Vendor

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "waystation" / "upstream" / "vendors"
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.M)
SPOKEN = {
    "chat": "chat",
    "completion": "completions",
    "embedding": "embeddings",
    "moderation": "moderations",
    "responses": "responses",
    "messages": "messages",
    "generate": "generate",
    "rerank": "rerank",
}
TEXT = {name: vendor for name, vendor in VENDORS.items() if SPOKEN.keys() & vendor.paths}
"""Those that only draw have guides of their own."""
OURS = {"demo", "openai-compatible", "anthropic-compatible", "waystation"}
"""Without a page of somebody else's."""


@pytest.mark.parametrize("vendor", TEXT.values(), ids=list(TEXT))
def test_each_vendor_is_documented_and_reachable(vendor: Vendor) -> None:
    if vendor.name not in OURS:
        assert re.fullmatch(r"https://[a-z0-9.-]+/\S*", vendor.documentation)
    if vendor.base_url and vendor.name != "demo":
        origin, path = parse_url(vendor.base_url)
        assert (origin.scheme, path) == ("https", "/")
    assert (vendor.cloud in CLOUDS) == (vendor.auth == "cloud")
    for operation, path in vendor.paths.items():
        assert re.fullmatch(r"(/[A-Za-z0-9._:{}-]+)+(\?(alt=sse|api-version=preview))?", path)
        assert ("{" in path) == bool(re.search(r"\{(model|segment|id)\}", path))
        assert (
            not operation.endswith("_stream") or operation.removesuffix("_stream") in vendor.paths
        )


def test_each_file_is_small_and_listed() -> None:
    others = {"__init__", "vendor", "midjourney_pages"}
    files = [path for path in FOLDER.glob("*.py") if path.stem not in others]
    assert len(files) == len(VENDORS)
    for path in files:
        assert len(path.read_text().splitlines()) <= 40, path.name


@pytest.mark.parametrize(("language", "yes"), [("en", "yes"), ("zh", "是")])
def test_the_guides_have_each_vendor(language: str, yes: str) -> None:
    text = (ROOT / "docs" / "guides" / language / "vendors.md").read_text()
    told = {name: rest for name, *rest in ROW.findall(text)}
    assert list(told) == list(TEXT)
    for name, (title, base, speaks, recorded) in told.items():
        vendor = VENDORS[name]
        assert title == vendor.title
        assert base == (f"`{vendor.base_url}`" if vendor.base_url else "–")
        assert speaks.split(", ") == [word for op, word in SPOKEN.items() if op in vendor.paths]
        assert (recorded == yes) == vendor.recorded
