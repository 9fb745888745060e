"""A rerank answer: judged, the caller's model name, documents where they were asked for, usage."""

from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import not_json
from waystation.dialects.openai_chat.usage_object import shown_usage
from waystation.dialects.operation import Receipt, Target
from waystation.errors import Fault
from waystation.kernel.scalars import is_null, kind
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.tally import Tally
from waystation.meter.usage import Usage

_ABSENT = msgspec.Raw()
_UNITS_ALONE = ("missing:prompt_tokens",)
_EMPTY = frozenset((b"null", b"{}"))


class _Result(msgspec.Struct):
    index: int
    relevance_score: float
    document: msgspec.Raw = _ABSENT


class _Reply(msgspec.Struct):
    id: Any = None
    results: list[_Result] | None = None
    usage: msgspec.Raw = _ABSENT
    meta: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT


_decode_reply = msgspec.json.Decoder(_Reply).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_decode_any = msgspec.json.Decoder().decode


class RerankReply:
    """Implements `ReplyReader`."""

    __slots__ = (
        "_cost_of",
        "_documents",
        "_model",
        "_returns_documents",
        "_tally",
        "_target",
        "_upstream_id",
    )

    def __init__(
        self,
        *,
        model: str,
        target: Target,
        receipt: Receipt,
        tally: Tally,
        documents: list[msgspec.Raw],
        returns_documents: bool,
    ) -> None:
        self._model = model
        self._target = target
        self._cost_of = receipt.cost_of
        self._tally = tally
        self._documents = documents
        self._returns_documents = returns_documents
        self._upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        reply = self._decoded(body)
        results = reply.results or []
        if any(not 0 <= result.index < len(self._documents) for result in results):
            reason = "a result of a document that nobody sent"
            raise Fault("bad_upstream_response", reason=reason)
        self._upstream_id = reply.id if isinstance(reply.id, str) else ""
        self._tally.has_output = True
        told = {
            name: _decode_any(raw)
            for name, raw in (("usage", reply.usage), ("meta", reply.meta))
            if raw
        }
        if told:
            self._tally.tell_fields(told)
        return self._written(body, reply, results)

    def usage(self) -> Usage:
        """Where the vendor counts in search units and tells no tokens, its count is exact all the
        same; the tokens are ours then."""
        usage = self._tally.usage()
        if usage.flags == _UNITS_ALONE and usage.units:
            return msgspec.structs.replace(usage, flags=(), exact=True)
        return usage

    @property
    def upstream_id(self) -> str:
        return self._upstream_id

    @property
    def has_output(self) -> bool:
        return self._tally.has_output

    def _decoded(self, body: bytes) -> _Reply:
        try:
            if not body.isascii():
                body.decode()
            reply = _decode_reply(body)
        except msgspec.ValidationError:
            raise read_error(200, body, self._target.secrets) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise not_json(body) from None
        if reply.results is None or (reply.error and not is_null(reply.error)):
            raise read_error(200, body, self._target.secrets)
        return reply

    def _written(self, body: bytes, reply: _Reply, results: list[_Result]) -> bytes:
        fields = _decode_fields(body)
        edits: dict[str, msgspec.Raw | None] = {}
        if "model" in fields and self._target.upstream_model != self._model:
            edits["model"] = raw_of(self._model)
        usage = self.usage()
        cost = self._cost_of(usage) if self._cost_of is not None else None
        is_told = bool(reply.usage) and not is_null(reply.usage) and kind(reply.usage) == "{"
        if cost is not None or not is_told:
            edits["usage"] = shown_usage(usage, reply.usage if is_told else None, cost)
        if self._returns_documents and any(_is_missing(result) for result in results):
            edits["results"] = self._with_documents(fields["results"])
        return rebuild(fields, edits) if edits else body

    def _with_documents(self, results: msgspec.Raw) -> msgspec.Raw:
        told = _decode_objects(results)
        for result in told:
            if bytes(result.get("document", b"null")) in _EMPTY:
                document = self._documents[_decode_any(result["index"])]
                is_text = kind(document) == '"'
                result["document"] = raw_of({"text": document}) if is_text else document
        return raw_of(told)


def _is_missing(result: _Result) -> bool:
    return not result.document or bytes(result.document) in _EMPTY
