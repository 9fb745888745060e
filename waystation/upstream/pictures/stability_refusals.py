"""What Stability AI's errors say: `{"id", "name", "errors": […]}`, in v1 `{"name", "message"}`.

A 403 is its moderation as often as a key that may not; the name tells.
"""

from typing import Any

import msgspec

from waystation.dialects.faults import read_error, scrubbed
from waystation.errors import Fault
from waystation.upstream.pictures.wire import Judge

_MODERATED = frozenset({"content_moderation", "invalid_prompts"})

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def judge_with(secrets: tuple[str, ...]) -> Judge:
    def judge(status: int, body: bytes) -> Fault | None:
        try:
            told = _decode(body)
        except (msgspec.DecodeError, RecursionError):
            return None
        name, errors = str(told.get("name", "")), told.get("errors")
        words = "; ".join(str(one) for one in errors) if isinstance(errors, list) else ""
        words = words or str(told.get("message", ""))
        if name in _MODERATED:
            message = scrubbed(words, secrets) or None
            return Fault("content_policy_violation", message=message)
        if not words:
            return None
        return read_error(status, _encode({"message": words, "code": name}), secrets)

    return judge
