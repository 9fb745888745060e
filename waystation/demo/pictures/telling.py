"""Chat models of the demo that know one thing: what a picture shows, what a prompt's words weigh.

Neither is a language model: the one measures pixels, the other has a list of fillers.
"""

from time import time
from typing import Any

import msgspec

from waystation.demo.chat import prompt_tokens
from waystation.demo.pictures.calls import DESCRIBES
from waystation.demo.pictures.order import picture_of
from waystation.demo.pictures.refusal import Refused
from waystation.demo.words import digest, text_of, tokens
from waystation.imaging.describe import describe
from waystation.imaging.picture import BadPicture
from waystation.imaging.shorten import shorten

_MARK = "Prompt: "
"""What follows it in the last message is the prompt; without it, the whole message is."""


def answer(request: bytes) -> bytes:
    """A completion. Work for a thread. Raises Refused."""
    body = msgspec.json.decode(request)
    messages = body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    content = last.get("content") if isinstance(last, dict) else None
    text = _described(content) if body["model"] == DESCRIBES else _shortened(text_of(content))
    spent, said = prompt_tokens(body), len(tokens(text))
    return msgspec.json.encode(
        {
            "id": f"chatcmpl-demo{digest(text):016x}",
            "object": "chat.completion",
            "created": int(time()),
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text, "refusal": None},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": spent,
                "completion_tokens": said,
                "total_tokens": spent + said,
            },
        }
    )


def _described(content: Any) -> str:
    parts = content if isinstance(content, list) else []
    picture = next((one for one in parts if isinstance(one, dict) and "image_url" in one), None)
    if picture is None:
        raise Refused("a picture is needed", param="messages")
    try:
        lines = describe(picture_of(picture, "image_url"))
    except BadPicture as bad:
        raise Refused(str(bad), param="messages", code="invalid_image") from None
    return "\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1))


def _shortened(text: str) -> str:
    made = shorten(text.rpartition(_MARK)[2])
    return msgspec.json.encode(
        {
            "tokens": [{"t": one.text, "weight": one.weight} for one in made.tokens],
            "shortened": made.prompts,
        }
    ).decode()
