"""POST /v1/moderations, passed through."""

from collections.abc import Callable
from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import read_answer
from waystation.dialects.metered import Metered
from waystation.dialects.operation import Receipt, StreamReader, Target
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_bound, tokens_guess
from waystation.kernel.scalars import is_null, kind, text
from waystation.kernel.strictjson import Fields, raw_of, read_object, rebuild
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally

Headers = Callable[[str], str | None]

MODEL_DEFAULT = "omni-moderation-latest"


class ModerationOperation:
    """Implements `Operation`. The model may be left out, as at the vendor."""

    __slots__ = ("_body", "_fields", "model", "prompt_tokens")

    name = "moderation"
    dialect = "openai_chat"
    expects_output = False
    fans_out = False
    stream = False
    n = 1
    choices = 1
    output_limit = 0
    needs: frozenset[str] = frozenset()
    affinity: str | None = None

    def __init__(self, body: bytes, fields: Fields) -> None:
        self._body = body
        self._fields = fields
        self.model = text(fields, "model") or MODEL_DEFAULT
        self.prompt_tokens = tokens_bound(body)

    def body_for(self, target: Target) -> bytes:
        edits: dict[str, msgspec.Raw | None] = {"model": raw_of(target.upstream_model)}
        edits.update(target.overrides)
        return rebuild(self._fields, edits)

    def reply_reader(self, target: Target, receipt: Receipt) -> "ModerationReply":
        limits = Limits(self.prompt_tokens, output_tokens=0, answers=False)
        return ModerationReply(self.model, target, Tally(limits, self.prompt_guess))

    def stream_reader(self, target: Target, receipt: Receipt) -> StreamReader:
        raise Fault("invalid_value", param="stream", reason="moderations are not streamed")

    def prompt_guess(self) -> int:
        """Tokens of the input, which this call never tells."""
        return min(tokens_guess(self._body), self.prompt_tokens)


def parse(body: bytes, headers: Headers) -> ModerationOperation:
    """A moderation request out of its body. Raises Fault (400)."""
    fields = read_object(body)
    given = fields.get("input")
    if given is None or is_null(given):
        raise Fault("missing_field", param="input")
    if kind(given) not in '"[':
        raise Fault("invalid_value", param="input", reason="expected a string or an array")
    return ModerationOperation(body, fields)


class _Reply(msgspec.Struct):
    id: Any = None
    results: list[msgspec.Raw] | None = None
    usage: msgspec.Raw = msgspec.Raw()


_decode_reply = msgspec.json.Decoder(_Reply).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class ModerationReply(Metered):
    """Implements `ReplyReader`."""

    __slots__ = ("_model", "_target")

    def __init__(self, model: str, target: Target, tally: Tally) -> None:
        self._model = model
        self._target = target
        self._tally = tally
        self._upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        reply = read_answer(_decode_reply, body)
        if not reply.results:
            raise read_error(200, body, self._target.secrets)
        self._upstream_id = reply.id if isinstance(reply.id, str) else ""
        self._tally.has_output = True
        if reply.usage:
            self._tally.tell(reply.usage)
        if self._target.upstream_model == self._model:
            return body
        return rebuild(_decode_fields(body), {"model": raw_of(self._model)})
