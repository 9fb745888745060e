"""Every vendor by name. One small file of data each; no vendor has an `if` elsewhere."""

from collections.abc import Mapping

from waystation.upstream.vendors.anthropic import ANTHROPIC
from waystation.upstream.vendors.anthropic_compatible import ANTHROPIC_COMPATIBLE
from waystation.upstream.vendors.azure_openai import AZURE_OPENAI
from waystation.upstream.vendors.deepseek import DEEPSEEK
from waystation.upstream.vendors.demo import DEMO
from waystation.upstream.vendors.gemini import GEMINI
from waystation.upstream.vendors.groq import GROQ
from waystation.upstream.vendors.mistral import MISTRAL
from waystation.upstream.vendors.moonshot import MOONSHOT
from waystation.upstream.vendors.openai import OPENAI
from waystation.upstream.vendors.openai_compatible import OPENAI_COMPATIBLE
from waystation.upstream.vendors.qwen import QWEN
from waystation.upstream.vendors.vendor import Quirks, Vendor
from waystation.upstream.vendors.xai import XAI

__all__ = ["VENDORS", "Quirks", "Vendor"]

VENDORS: Mapping[str, Vendor] = {
    vendor.name: vendor
    for vendor in (
        OPENAI,
        OPENAI_COMPATIBLE,
        ANTHROPIC,
        ANTHROPIC_COMPATIBLE,
        AZURE_OPENAI,
        DEEPSEEK,
        DEMO,
        GEMINI,
        GROQ,
        MISTRAL,
        MOONSHOT,
        QWEN,
        XAI,
    )
}
