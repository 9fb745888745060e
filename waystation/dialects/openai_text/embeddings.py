"""POST /v1/embeddings.

The official SDK asks for base64 unless told otherwise, so the form that was asked for is given
whatever the upstream knows. Batches too large for an upstream are split and put together again by
`bodies_for` and `joined`.
"""

from collections.abc import Callable, Sequence

import msgspec

from waystation.dialects.openai_text.embedding_reply import EmbeddingReply
from waystation.dialects.operation import Receipt, StreamReader, Target
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_bound, tokens_guess
from waystation.kernel.scalars import count, is_null, kind, required_text, text
from waystation.kernel.strictjson import Fields, invalid_json, raw_of, read_object, rebuild
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally

Headers = Callable[[str], str | None]

ITEMS_MOST = 2048
DIMENSIONS_MOST = 65_536

_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_texts = msgspec.json.Decoder(list[str]).decode
_decode_ids = msgspec.json.Decoder(list[int]).decode
_decode_lists = msgspec.json.Decoder(list[list[int]]).decode


class EmbeddingOperation:
    """Implements `Operation`. items: how many embeddings are asked for."""

    __slots__ = ("_body", "_fields", "_is_list", "encoding", "items", "model", "prompt_tokens")

    name = "embedding"
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
        self.model = required_text(fields, "model")
        self.encoding = text(fields, "encoding_format") or "float"
        if self.encoding not in ("float", "base64"):
            reason = "expected 'float' or 'base64'"
            raise Fault("invalid_value", param="encoding_format", reason=reason)
        count(fields, "dimensions", DIMENSIONS_MOST)
        found = _count_input(fields["input"])
        self.items = found.items
        self._is_list = found.is_list
        given = len(fields["input"])
        self.prompt_tokens = found.ids + len(body) - given if found.ids else tokens_bound(body)

    @property
    def fields(self) -> Fields:
        """The body's top level, for translation."""
        return self._fields

    def body_for(self, target: Target) -> bytes:
        edits: dict[str, msgspec.Raw | None] = {"model": raw_of(target.upstream_model)}
        edits.update(target.overrides)
        return rebuild(self._fields, edits)

    def bodies_for(self, target: Target, items_most: int) -> list[bytes]:
        """The bodies of parts of at most so many items, in order; `joined` makes one of their
        replies, each read by a reader of its own `part_items`."""
        if self.items <= items_most or not self._is_list:
            return [self.body_for(target)]
        whole = {**self._fields, "model": raw_of(target.upstream_model), **target.overrides}
        items = _decode_items(whole["input"])
        starts = range(0, len(items), items_most)
        return [rebuild(whole, {"input": raw_of(items[at : at + items_most])}) for at in starts]

    def reply_reader(
        self, target: Target, receipt: Receipt, part_items: int | None = None
    ) -> EmbeddingReply:
        limits = Limits(self.prompt_tokens, output_tokens=0, answers=False)
        return EmbeddingReply(
            model=self.model,
            target=target,
            receipt=receipt,
            tally=Tally(limits, self.prompt_guess),
            encoding=self.encoding,
            items=part_items or self.items,
        )

    def stream_reader(self, target: Target, receipt: Receipt) -> StreamReader:
        raise Fault("invalid_value", param="stream", reason="embeddings are not streamed")

    def prompt_guess(self) -> int:
        """Tokens of the input when nobody told them."""
        return min(tokens_guess(self._body), self.prompt_tokens)


class _Input(msgspec.Struct, frozen=True):
    """items: texts. ids: token ids in all of them, 0 for text."""

    items: int
    ids: int = 0
    is_list: bool = True


def parse(body: bytes, headers: Headers) -> EmbeddingOperation:
    """An embedding request out of its body. Raises Fault (400)."""
    fields = read_object(body)
    if is_null(fields.get("input")):
        raise Fault("missing_field", param="input")
    try:
        return EmbeddingOperation(body, fields)
    except RecursionError:
        raise invalid_json("nested too deeply") from None


def joined(replies: Sequence[bytes]) -> bytes:
    """Replies to the parts of one request, in order, as one: items renumbered, usage added."""
    first: dict[str, msgspec.Raw] | None = None
    data: list[dict[str, msgspec.Raw]] = []
    prompt = total = 0
    for reply in replies:
        fields = msgspec.json.decode(reply, type=dict[str, msgspec.Raw])
        first = first or fields
        data.extend(msgspec.json.decode(fields["data"], type=list[dict[str, msgspec.Raw]]))
        usage = msgspec.json.decode(fields["usage"])
        prompt += usage["prompt_tokens"]
        total += usage.get("total_tokens", usage["prompt_tokens"])
    for position, item in enumerate(data):
        item["index"] = raw_of(position)
    usage_sum = raw_of({"prompt_tokens": prompt, "total_tokens": total})
    return rebuild(first or {}, {"data": raw_of(data), "usage": usage_sum})


def _count_input(value: msgspec.Raw) -> _Input:
    """string, string[], int[] (one text of token ids) or int[][]."""
    first = kind(value)
    if first == '"':
        if len(value) == 2:
            raise Fault("invalid_value", param="input", reason="must not be empty")
        return _Input(1, is_list=False)
    found = _count_list(value) if first == "[" else None
    if found is None:
        reason = "expected a string, or an array of strings, of token ids, or of arrays of ids"
        raise Fault("invalid_value", param="input", reason=reason)
    if not 1 <= found.items <= ITEMS_MOST:
        raise Fault("invalid_value", param="input", reason=f"expected 1 to {ITEMS_MOST} items")
    return found


def _count_list(value: msgspec.Raw) -> _Input | None:
    inner = bytes(memoryview(value)[1:64]).lstrip()[:1]
    try:
        if inner == b'"':
            return _Input(len(_decode_texts(value)))
        if inner == b"[":
            lists = _decode_lists(value)
            return _Input(len(lists), sum(map(len, lists)))
        if inner.isdigit():
            return _Input(1, len(_decode_ids(value)), is_list=False)
    except (msgspec.ValidationError, RecursionError):
        return None
    return None
