"""What a reply says about tokens and money."""

from waystation.control.openapi.fields import Schema, integer, number, record, ref

SCHEMAS: dict[str, Schema] = {
    "Usage": record(
        {
            "prompt_tokens": integer("Tokens of the prompt.", "提示词 token 数。", minimum=0),
            "completion_tokens": integer("Tokens of the answer.", "回答 token 数。", minimum=0),
            "total_tokens": integer("Both.", "合计。", minimum=0),
            "cost": number(
                "What the request cost, in USD.",
                "本次请求的费用（美元）。",
                minimum=0,
            ),
            "prompt_tokens_details": record(
                {
                    "cached_tokens": integer(
                        "Read from the upstream's cache, billed at the cached price.",
                        "命中上游缓存的 token，按缓存价计费。",
                        minimum=0,
                    ),
                    "audio_tokens": integer(minimum=0),
                },
                [],
            ),
            "completion_tokens_details": record(
                {
                    "reasoning_tokens": integer(
                        "Thoughts, part of completion_tokens.",
                        "思考 token，包含在 completion_tokens 内。",
                        minimum=0,
                    ),
                    "audio_tokens": integer(minimum=0),
                },
                [],
            ),
        },
        ["prompt_tokens", "total_tokens"],
    ),
    "UsageOrNull": {"oneOf": [ref("Usage"), {"type": "null"}]},
}
