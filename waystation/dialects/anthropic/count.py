"""POST /v1/messages/count_tokens, read: the body of a message without its limit."""

from typing import Any

import msgspec

from waystation.dialects.anthropic.contents import contents
from waystation.dialects.anthropic.request import edited_body
from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_guess
from waystation.kernel.scalars import is_null, required_text
from waystation.kernel.strictjson import Fields, invalid_json, read_object

_NOT_COUNTED = frozenset(
    (
        "max_tokens",
        "stream",
        "metadata",
        "stop_sequences",
        "temperature",
        "top_p",
        "top_k",
        "service_tier",
    )
)


class _Counted(msgspec.Struct):
    input_tokens: int


_decode = msgspec.json.Decoder(_Counted).decode


class CountOperation(msgspec.Struct, frozen=True):
    """Enough of an operation for its log row, and its body."""

    model: str
    body: bytes
    fields: Fields
    prompt_tokens: int
    name: str = "count_tokens"
    stream: bool = False

    def prompt_guess(self) -> int:
        """Tokens as likely as can be told without a tokenizer."""
        return max(1, min(tokens_guess(self.body), self.prompt_tokens))

    def body_for(self, target: Target) -> bytes:
        """Without what the vendor refuses here, and clients send all the same."""
        counted = {name: self.fields[name] for name in self.fields if name not in _NOT_COUNTED}
        return edited_body(counted, target, None)

    def read_count(self, body: bytes, secrets: tuple[str, ...]) -> bytes:
        """Raises msgspec.DecodeError, RecursionError."""
        return msgspec.json.encode(_decode(body))

    def estimate(self) -> dict[str, Any]:
        return {"input_tokens": self.prompt_guess()}


def parse(body: bytes) -> CountOperation:
    """Raises Fault: invalid_json, missing_field, invalid_value (400)."""
    fields = read_object(body)
    if is_null(fields.get("messages")):
        raise Fault("missing_field", param="messages")
    model = required_text(fields, "model")
    try:
        found = contents(body, fields["messages"], model)
    except RecursionError:
        raise invalid_json("nested too deeply") from None
    return CountOperation(model, body, fields, found.prompt_tokens)
