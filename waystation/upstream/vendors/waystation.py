"""Another Waystation: every dialect that it serves itself."""

from waystation.upstream.vendors.anthropic import ANTHROPIC
from waystation.upstream.vendors.gemini import GEMINI_PATHS
from waystation.upstream.vendors.openai import OPENAI
from waystation.upstream.vendors.vendor import Quirks, Vendor

WAYSTATION = Vendor(
    name="waystation",
    title="Waystation",
    paths={
        **OPENAI.paths,
        **ANTHROPIC.paths,
        **GEMINI_PATHS,
        "rerank": "/v1/rerank",
    },
    native_n=True,
    quirks=Quirks(reasoning_field="reasoning_content", streams_pictures=True),
)
