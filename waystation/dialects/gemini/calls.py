"""Gemini's smaller calls: :countTokens, :embedContent and :batchEmbedContents."""

from collections.abc import Callable
from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import read_answer
from waystation.dialects.operation import Receipt, StreamReader, Target
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_bound, tokens_guess
from waystation.kernel.scalars import is_null, kind
from waystation.kernel.strictjson import Fields, invalid_json, raw_of, read_object, rebuild
from waystation.meter.gemini import read_told
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally
from waystation.meter.usage import Usage

Headers = Callable[[str], str | None]

ITEMS_MOST = 2048
_ABSENT = msgspec.Raw()
_decode_fields = msgspec.json.Decoder(Fields).decode
_decode_requests = msgspec.json.Decoder(list[Fields]).decode


class Call:
    """Implements `Operation` for a call that is answered whole. needed: the reply's field."""

    __slots__ = (
        "_body",
        "_fields",
        "expects_output",
        "items",
        "model",
        "name",
        "needed",
        "prompt_tokens",
    )

    dialect = "gemini"
    stream = False
    n = 1
    choices = 1
    output_limit = 0
    needs: frozenset[str] = frozenset()
    affinity: str | None = None
    fans_out = False

    def __init__(self, name: str, needed: str, model: str, body: bytes, fields: Fields) -> None:
        self.name = name
        self.needed = needed
        self.model = model
        self.items = 1
        self._body = body
        self._fields = fields
        # Of a count nothing is charged: it has no output and is void like an empty answer.
        self.expects_output = needed == "totalTokens"
        self.prompt_tokens = 0 if self.expects_output else tokens_bound(body)

    def prompt_guess(self) -> int:
        return min(tokens_guess(self._body), self.prompt_tokens)

    def read_count(self, body: bytes, secrets: tuple[str, ...]) -> bytes:
        """The body as it came. Raises Fault for no count."""
        target = Target(upstream_model="", secrets=secrets)
        return self.reply_reader(target, Receipt(None)).read(200, "", body)

    def estimate(self) -> dict[str, Any]:
        """The count where nobody counts."""
        return {"totalTokens": tokens_guess(self._body)}

    def plain_fields(self) -> dict[str, Any]:
        """The body decoded, its fields in the first spelling, for translation."""
        return _plain(self._fields)

    def plain_requests(self) -> list[dict[str, Any]]:
        """The same of each request of a batch."""
        return [_plain(each) for each in _decode_requests(self._fields["requests"])]

    def body_for(self, target: Target) -> bytes:
        edits: dict[str, msgspec.Raw | None] = {}
        named = raw_of(f"models/{target.upstream_model.removeprefix('models/')}")
        fields = self._fields
        if "model" in fields:
            edits["model"] = named
        if "requests" in fields:
            requests = _decode_requests(fields["requests"])
            edits["requests"] = raw_of([{**each, "model": named} for each in requests])
        inner = fields.get("generateContentRequest")
        if inner is not None and kind(inner) == "{":
            edits["generateContentRequest"] = raw_of({**_decode_fields(inner), "model": named})
        edits.update(target.overrides)
        return rebuild(fields, edits)

    def reply_reader(self, target: Target, receipt: Receipt) -> "CallReply":
        limits = Limits(self.prompt_tokens, output_tokens=0, answers=False)
        tally = Tally(limits, self.prompt_guess, read_told)
        return CallReply(target, self.needed, self.items, tally)

    def stream_reader(self, target: Target, receipt: Receipt) -> StreamReader:
        raise Fault("invalid_value", param="alt", reason="this call is not streamed")


class _Reply(msgspec.Struct):
    error: msgspec.Raw = _ABSENT
    total: Any = msgspec.field(default=None, name="totalTokens")
    embedding: msgspec.Raw = _ABSENT
    embeddings: list[msgspec.Raw] | None = None
    usage: msgspec.Raw = msgspec.field(default=_ABSENT, name="usageMetadata")


_decode_reply = msgspec.json.Decoder(_Reply).decode


class CallReply:
    """Implements `ReplyReader`: the body passes as it came."""

    __slots__ = ("_items", "_needed", "_tally", "_target", "has_output")

    upstream_id = ""

    def __init__(self, target: Target, needed: str, items: int, tally: Tally) -> None:
        self._target = target
        self._needed = needed
        self._items = items
        self._tally = tally
        self.has_output = False

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        reply = read_answer(_decode_reply, body)
        if not self._is_there(reply):
            raise read_error(200, body, self._target.secrets)
        if self._needed != "totalTokens":
            self.has_output = self._tally.has_output = True
        if reply.usage and not is_null(reply.usage):
            self._tally.tell(reply.usage)
        return body

    def _is_there(self, reply: _Reply) -> bool:
        if self._needed == "totalTokens":
            return type(reply.total) is int
        if self._needed == "embedding":
            return bool(reply.embedding) and kind(reply.embedding) == "{"
        found = len(reply.embeddings or ())
        if reply.embeddings is not None and found != self._items:
            reason = f"{found} embeddings instead of {self._items}"
            raise Fault("bad_upstream_response", reason=reason)
        return reply.embeddings is not None

    def usage(self) -> Usage:
        return Usage(exact=True) if self._needed == "totalTokens" else self._tally.usage()


def _plain(fields: Fields) -> dict[str, Any]:
    plain = {name: msgspec.json.decode(value) for name, value in fields.items()}
    config = plain.pop("embedContentConfig", None)
    if isinstance(config, dict):
        plain = {**config, **plain}
    if "output_dimensionality" in plain:
        plain.setdefault("outputDimensionality", plain.pop("output_dimensionality"))
    return {name: value for name, value in plain.items() if value is not None}


def parse_count(body: bytes, headers: Headers, *, model: str) -> Call:
    """Raises Fault (400)."""
    fields = read_object(body)
    if is_null(fields.get("contents")) and is_null(fields.get("generateContentRequest")):
        raise Fault("missing_field", param="contents")
    return Call("gemini_count", "totalTokens", model, body, fields)


def parse_embedding(body: bytes, headers: Headers, *, model: str) -> Call:
    """Raises Fault (400)."""
    fields = read_object(body)
    if is_null(fields.get("content")):
        raise Fault("missing_field", param="content")
    return Call("gemini_embed", "embedding", model, body, fields)


def parse_embeddings(body: bytes, headers: Headers, *, model: str) -> Call:
    """Raises Fault (400)."""
    fields = read_object(body)
    given = fields.get("requests")
    if given is None or is_null(given):
        raise Fault("missing_field", param="requests")
    try:
        items = len(_decode_requests(given))
    except msgspec.ValidationError:
        reason = "expected an array of objects"
        raise Fault("invalid_value", param="requests", reason=reason) from None
    except RecursionError:
        raise invalid_json("nested too deeply") from None
    if not 1 <= items <= ITEMS_MOST:
        raise Fault("invalid_value", param="requests", reason=f"expected 1 to {ITEMS_MOST} items")
    call = Call("gemini_embeds", "embeddings", model, body, fields)
    call.items = items
    return call
