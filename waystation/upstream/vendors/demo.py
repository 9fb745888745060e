"""The built-in demo channel: answered in-process, without a key, free unless a price is set."""

from waystation.upstream.vendors.anthropic import ANTHROPIC
from waystation.upstream.vendors.gemini import GEMINI_PATHS
from waystation.upstream.vendors.openai import OPENAI
from waystation.upstream.vendors.suno_relay import SUNO_PAGES
from waystation.upstream.vendors.vendor import Quirks, Vendor

DEMO = Vendor(
    name="demo",
    title="Demo",
    base_url="demo://local",
    auth="none",
    paths={
        **OPENAI.paths,
        **ANTHROPIC.paths,
        **GEMINI_PATHS,
        **SUNO_PAGES,
        "rerank": "/v1/rerank",
    },
    needs_key=False,
    native_n=True,
    free_by_default=True,
    quirks=Quirks(streams_pictures=True),
    recorded=True,
)
