"""An embedding answer: the form that was asked for, the caller's model name, usage."""

from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import read_answer
from waystation.dialects.metered import Metered
from waystation.dialects.openai_chat.usage_object import shown_usage
from waystation.dialects.openai_text.embedding_format import as_base64, as_numbers
from waystation.dialects.operation import Receipt, Target
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.tally import Tally

_ABSENT = msgspec.Raw()
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


class _Item(msgspec.Struct):
    embedding: msgspec.Raw = _ABSENT


class _Reply(msgspec.Struct):
    id: Any = None
    data: list[_Item] | None = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT


_decode_reply = msgspec.json.Decoder(_Reply).decode


class EmbeddingReply(Metered):
    """Implements `ReplyReader`. items: how many embeddings must be there."""

    __slots__ = ("_cost_of", "_encoding", "_items", "_model", "_target")

    def __init__(
        self,
        *,
        model: str,
        target: Target,
        receipt: Receipt,
        tally: Tally,
        encoding: str,
        items: int,
    ) -> None:
        self._model = model
        self._target = target
        self._cost_of = receipt.cost_of
        self._tally = tally
        self._encoding = encoding
        self._items = items
        self._upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        reply = self._decoded(body)
        data = reply.data or []
        if len(data) != self._items:
            reason = f"{len(data)} embeddings instead of {self._items}"
            raise Fault("bad_upstream_response", reason=reason)
        self._upstream_id = reply.id if isinstance(reply.id, str) else ""
        self._tally.has_output = True
        if reply.usage:
            self._tally.tell(reply.usage)
        return self._written(body, reply, data)

    def _decoded(self, body: bytes) -> _Reply:
        reply = read_answer(_decode_reply, body)
        if reply.data is None or (reply.error and bytes(reply.error) != b"null"):
            raise read_error(200, body, self._target.secrets)
        return reply

    def _written(self, body: bytes, reply: _Reply, data: list[_Item]) -> bytes:
        usage = self._tally.usage()
        cost = self._cost_of(usage) if self._cost_of is not None else None
        edits: dict[str, msgspec.Raw | None] = {}
        if self._target.upstream_model != self._model:
            edits["model"] = raw_of(self._model)
        is_told = bool(reply.usage) and bytes(reply.usage) != b"null"
        if cost is not None or usage.flags or not is_told:
            edits["usage"] = shown_usage(usage, reply.usage if is_told else None, cost)
        wanted = 0x22 if self._encoding == "base64" else 0x5B
        must_convert = any(_first(item) != wanted for item in data)
        if not edits and not must_convert:
            return body
        fields = _decode_fields(body)
        if must_convert:
            edits["data"] = self._converted(fields["data"], wanted)
        return rebuild(fields, edits)

    def _converted(self, data: msgspec.Raw, wanted: int) -> msgspec.Raw:
        items = _decode_objects(data)
        for item in items:
            embedding = item["embedding"]
            if memoryview(embedding)[0] != wanted:
                convert = as_base64 if wanted == 0x22 else as_numbers
                item["embedding"] = convert(embedding)
        return raw_of(items)


def _first(item: _Item) -> int:
    if not item.embedding or memoryview(item.embedding)[0] not in b'"[':
        raise Fault("bad_upstream_response", reason="an item without its embedding")
    return memoryview(item.embedding)[0]
