"""Every vendor by name. One small file of data each; no vendor has an `if` elsewhere."""

from collections.abc import Mapping

from waystation.upstream.vendors.anthropic import ANTHROPIC
from waystation.upstream.vendors.anthropic_compatible import ANTHROPIC_COMPATIBLE
from waystation.upstream.vendors.azure_openai import AZURE_OPENAI
from waystation.upstream.vendors.bedrock import BEDROCK
from waystation.upstream.vendors.bedrock_mantle import BEDROCK_MANTLE
from waystation.upstream.vendors.bfl import BFL
from waystation.upstream.vendors.cohere import COHERE
from waystation.upstream.vendors.deepseek import DEEPSEEK
from waystation.upstream.vendors.demo import DEMO
from waystation.upstream.vendors.doubao import DOUBAO
from waystation.upstream.vendors.fireworks import FIREWORKS
from waystation.upstream.vendors.gemini import GEMINI
from waystation.upstream.vendors.google_images import GOOGLE_IMAGES
from waystation.upstream.vendors.groq import GROQ
from waystation.upstream.vendors.hunyuan import HUNYUAN
from waystation.upstream.vendors.ideogram import IDEOGRAM
from waystation.upstream.vendors.jina import JINA
from waystation.upstream.vendors.midjourney_proxy import MIDJOURNEY_PROXY
from waystation.upstream.vendors.midjourney_proxy_plus import MIDJOURNEY_PROXY_PLUS
from waystation.upstream.vendors.midjourney_relay import MIDJOURNEY_RELAY
from waystation.upstream.vendors.midjourney_trueai import MIDJOURNEY_TRUEAI
from waystation.upstream.vendors.minimax import MINIMAX
from waystation.upstream.vendors.mistral import MISTRAL
from waystation.upstream.vendors.moonshot import MOONSHOT
from waystation.upstream.vendors.new_api import NEW_API
from waystation.upstream.vendors.ollama import OLLAMA
from waystation.upstream.vendors.openai import OPENAI
from waystation.upstream.vendors.openai_compatible import OPENAI_COMPATIBLE
from waystation.upstream.vendors.openrouter import OPENROUTER
from waystation.upstream.vendors.perplexity import PERPLEXITY
from waystation.upstream.vendors.qwen import QWEN
from waystation.upstream.vendors.recraft import RECRAFT
from waystation.upstream.vendors.siliconflow import SILICONFLOW
from waystation.upstream.vendors.stability import STABILITY
from waystation.upstream.vendors.suno_api import SUNO_API
from waystation.upstream.vendors.suno_relay import SUNO_RELAY
from waystation.upstream.vendors.suno_songs import SUNO_SONGS
from waystation.upstream.vendors.together import TOGETHER
from waystation.upstream.vendors.vendor import Quirks, Vendor
from waystation.upstream.vendors.vertex import VERTEX
from waystation.upstream.vendors.vertex_claude import VERTEX_CLAUDE
from waystation.upstream.vendors.vllm import VLLM
from waystation.upstream.vendors.waystation import WAYSTATION
from waystation.upstream.vendors.xai import XAI
from waystation.upstream.vendors.zhipu import ZHIPU

__all__ = ["VENDORS", "Quirks", "Vendor"]

VENDORS: Mapping[str, Vendor] = {
    vendor.name: vendor
    for vendor in (
        OPENAI,
        OPENAI_COMPATIBLE,
        ANTHROPIC,
        ANTHROPIC_COMPATIBLE,
        AZURE_OPENAI,
        BEDROCK,
        BEDROCK_MANTLE,
        COHERE,
        DEEPSEEK,
        DEMO,
        DOUBAO,
        FIREWORKS,
        GEMINI,
        GROQ,
        HUNYUAN,
        JINA,
        MINIMAX,
        MISTRAL,
        MOONSHOT,
        NEW_API,
        OLLAMA,
        OPENROUTER,
        PERPLEXITY,
        QWEN,
        SILICONFLOW,
        TOGETHER,
        VERTEX,
        VERTEX_CLAUDE,
        VLLM,
        WAYSTATION,
        XAI,
        ZHIPU,
        MIDJOURNEY_PROXY,
        MIDJOURNEY_PROXY_PLUS,
        MIDJOURNEY_TRUEAI,
        MIDJOURNEY_RELAY,
        SUNO_RELAY,
        SUNO_API,
        SUNO_SONGS,
        STABILITY,
        RECRAFT,
        IDEOGRAM,
        GOOGLE_IMAGES,
        BFL,
    )
}
