"""Their types of channel, by number, and our vendors. Read from both projects' public sources on
2026-11-22; a number without a line here cannot be brought over, and the report says so."""

from typing import NamedTuple


class Kind(NamedTuple):
    """vendor: ours. base_url: theirs when a channel names none and our vendor has no other."""

    vendor: str
    base_url: str = ""


_COMPATIBLE = "openai-compatible"

_BOTH = {
    1: Kind("openai"),
    3: Kind("azure-openai"),
    6: Kind(_COMPATIBLE, "https://api.openaimax.com"),
    7: Kind(_COMPATIBLE, "https://api.ohmygpt.com"),
    8: Kind(_COMPATIBLE),
    9: Kind(_COMPATIBLE, "https://api.caipacity.com"),
    10: Kind(_COMPATIBLE, "https://api.aiproxy.io"),
    12: Kind(_COMPATIBLE, "https://api.api2gpt.com"),
    13: Kind(_COMPATIBLE, "https://api.aigc2d.com"),
    14: Kind("anthropic"),
    16: Kind("zhipu"),
    17: Kind("qwen"),
    19: Kind(_COMPATIBLE, "https://api.360.cn"),
    20: Kind("openrouter"),
    22: Kind(_COMPATIBLE, "https://fastgpt.run/api/openapi"),
    24: Kind("gemini"),
    25: Kind("moonshot"),
    31: Kind(_COMPATIBLE, "https://api.lingyiwanwu.com"),
    33: Kind("bedrock"),
}

CHANNEL_TYPES: dict[str, dict[int, Kind]] = {
    "new-api": {
        **_BOTH,
        2: Kind("midjourney-proxy", "https://oa.api2d.net"),
        4: Kind("ollama", "http://localhost:11434"),
        5: Kind("midjourney-proxy-plus"),
        26: Kind("zhipu"),
        27: Kind("perplexity"),
        34: Kind("cohere"),
        35: Kind("minimax", "https://api.minimaxi.com"),
        36: Kind("suno-relay"),
        38: Kind("jina"),
        40: Kind("siliconflow"),
        41: Kind("vertex"),
        42: Kind("mistral"),
        43: Kind("deepseek"),
        45: Kind("doubao"),
        47: Kind(_COMPATIBLE),
        48: Kind("xai"),
        53: Kind(_COMPATIBLE, "https://llm.submodel.ai"),
    },
    "one-api": {
        **_BOTH,
        2: Kind(_COMPATIBLE, "https://oa.api2d.net"),
        4: Kind(_COMPATIBLE, "https://api.closeai-proxy.xyz"),
        5: Kind(_COMPATIBLE, "https://api.openai-sb.com"),
        26: Kind(_COMPATIBLE, "https://api.baichuan-ai.com"),
        27: Kind("minimax", "https://api.minimaxi.com"),
        28: Kind("mistral"),
        29: Kind("groq"),
        30: Kind("ollama", "http://localhost:11434"),
        32: Kind(_COMPATIBLE, "https://api.stepfun.com"),
        35: Kind("cohere"),
        36: Kind("deepseek"),
        39: Kind("together"),
        40: Kind("doubao"),
        41: Kind(_COMPATIBLE, "https://api.novita.ai/v3/openai"),
        42: Kind("vertex"),
        44: Kind("siliconflow"),
        45: Kind("xai"),
        49: Kind("qwen"),
        50: Kind(_COMPATIBLE),
        52: Kind("anthropic-compatible"),
    },
}

NAMES = {
    "new-api": {
        11: "PaLM", 15: "Baidu", 18: "Xunfei", 21: "AIProxyLibrary", 23: "Tencent", 37: "Dify",
        39: "Cloudflare", 44: "MokaAI", 46: "BaiduV2", 49: "Coze", 50: "Kling", 51: "Jimeng",
        52: "Vidu", 54: "DoubaoVideo", 55: "Sora", 56: "Replicate", 57: "Codex",
    },
    "one-api": {
        11: "PaLM", 15: "Baidu", 18: "Xunfei", 21: "AIProxyLibrary", 23: "Tencent", 34: "Coze",
        37: "Cloudflare", 38: "DeepL", 43: "Proxy", 46: "Replicate", 47: "BaiduV2",
        48: "XunfeiV2", 51: "GeminiOpenAICompatible",
    },
}  # fmt: skip
"""Of those that cannot come along, for the report."""
