"""Embeddings between OpenAI's form and Gemini's: the translated lane of what is no chat.

Either caller is read into `Wanted`, texts and a size; the answer's numbers pass as they were
written, in the form that the caller asked for.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.gemini.calls import Call
from waystation.dialects.json_answer import read_answer
from waystation.dialects.loss import Loss
from waystation.dialects.metered import Metered
from waystation.dialects.openai_chat.usage_object import shown_usage
from waystation.dialects.openai_text.embedding_format import as_base64, as_numbers
from waystation.dialects.openai_text.embeddings import EmbeddingOperation
from waystation.dialects.operation import Operation, Receipt, StreamReader, Target
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter import gemini, openai
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally
from waystation.meter.told import Told

OPENAI, GEMINI, GEMINI_BATCH = "embedding", "gemini_embed", "gemini_embeds"
OTHERS = {OPENAI: (GEMINI_BATCH,), GEMINI: (OPENAI,), GEMINI_BATCH: (OPENAI,)}
GEMINI_ITEMS_MOST = 100
"""Of one batch, which the vendor refuses beyond that."""

_ABSENT = msgspec.Raw()
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Wanted(msgspec.Struct, frozen=True):
    """dimensions: None as the model has them. encoding: "float" or "base64"."""

    texts: tuple[str, ...]
    dimensions: int | None = None
    encoding: str = "float"
    losses: tuple[Loss, ...] = ()


class TranslatedEmbedding:
    """Implements `Operation` for a pair of forms. name: what the upstream speaks."""

    stream = False
    fans_out = False
    expects_output = False
    n = 1
    choices = 1
    output_limit = 0
    affinity: str | None = None

    def __init__(self, caller: Operation, spoken: str) -> None:
        """Raises Fault (400)."""
        self._caller = caller
        self.name = spoken
        self.dialect = caller.dialect
        self.model = caller.model
        self.prompt_tokens = caller.prompt_tokens
        self.needs = caller.needs
        if isinstance(caller, EmbeddingOperation):
            self._wanted = _of_openai(caller)
        else:
            self._wanted = _of_gemini(cast(Call, caller))
        if spoken == GEMINI_BATCH and len(self._wanted.texts) > GEMINI_ITEMS_MOST:
            reason = f"this upstream takes at most {GEMINI_ITEMS_MOST} inputs at once"
            raise Fault("invalid_value", param="input", reason=reason)

    def prompt_guess(self) -> int:
        return self._caller.prompt_guess()

    def losses(self, target: Target) -> tuple[Loss, ...]:
        return self._wanted.losses

    def body_for(self, target: Target) -> bytes:
        write = _as_openai if self.name == OPENAI else _as_gemini
        fields = {name: raw_of(value) for name, value in write(self._wanted, target).items()}
        return rebuild(fields, target.overrides)

    def reply_reader(self, target: Target, receipt: Receipt) -> "TranslatedEmbeddings":
        limits = Limits(self.prompt_tokens, output_tokens=0, answers=False)
        read: Callable[..., Told] = openai.read_told if self.name == OPENAI else gemini.read_told
        tally = Tally(limits, self.prompt_guess, read)
        return TranslatedEmbeddings(self._caller, self._wanted, target, receipt, tally)

    def stream_reader(self, target: Target, receipt: Receipt) -> StreamReader:
        raise Fault("invalid_value", param="stream", reason="embeddings are not streamed")


# ---- requests ------------------------------------------------------------------------------

_OPENAI_READ = frozenset(("model", "input", "dimensions", "encoding_format"))
_GEMINI_READ = frozenset(("model", "content", "outputDimensionality"))


def _of_openai(caller: EmbeddingOperation) -> Wanted:
    fields = caller.fields
    given = _decode(fields["input"])
    texts = [given] if isinstance(given, str) else given
    if not all(isinstance(text, str) for text in texts):
        reason = "token ids mean something to their own model's vendor only; send texts"
        raise Fault("invalid_value", param="input", reason=reason)
    return Wanted(
        tuple(texts),
        _decode(fields["dimensions"]) if "dimensions" in fields else None,
        caller.encoding,
        tuple(Loss(name) for name in fields if name not in _OPENAI_READ),
    )


def _of_gemini(caller: Call) -> Wanted:
    if caller.name == GEMINI:
        asked, prefixes = [caller.plain_fields()], [""]
    else:
        asked = caller.plain_requests()
        prefixes = [f"requests[{place}]." for place in range(len(asked))]
    texts: list[str] = []
    sizes: set[int | None] = set()
    losses: list[Loss] = []
    for one, prefix in zip(asked, prefixes, strict=True):
        texts.append(_text_of(one.get("content"), f"{prefix}content"))
        sizes.add(_size_of(one.get("outputDimensionality"), f"{prefix}outputDimensionality"))
        losses += [Loss(f"{prefix}{name}") for name in one if name not in _GEMINI_READ]
    if len(sizes) > 1:
        reason = "all inputs of a batch have one size at this upstream"
        raise Fault("invalid_value", param="requests[].outputDimensionality", reason=reason)
    return Wanted(tuple(texts), sizes.pop(), losses=tuple(losses))


def _text_of(content: Any, path: str) -> str:
    """One content is one embedding, whatever it is made of. Raises Fault for what is no text."""
    if isinstance(content, str):
        return content
    parts = content.get("parts") if isinstance(content, dict) else None
    listed = parts if isinstance(parts, list) else [parts]
    texts = [part.get("text") if isinstance(part, dict) else part for part in listed]
    found = [text for text in texts if isinstance(text, str)]
    if len(found) < len(listed):
        raise Fault("invalid_value", param=path, reason="this upstream embeds texts only")
    return "\n".join(found)


def _size_of(value: Any, path: str) -> int | None:
    if value is None or (type(value) is int and value > 0):
        return value
    raise Fault("invalid_value", param=path, reason="expected a positive number")


def _as_openai(wanted: Wanted, target: Target) -> dict[str, Any]:
    said: dict[str, Any] = {"model": target.upstream_model, "input": wanted.texts}
    if wanted.dimensions is not None:
        said["dimensions"] = wanted.dimensions
    return said


def _as_gemini(wanted: Wanted, target: Target) -> dict[str, Any]:
    model = f"models/{target.upstream_model.removeprefix('models/')}"
    beside: dict[str, Any] = {}
    if wanted.dimensions is not None:
        beside["outputDimensionality"] = wanted.dimensions
    return {
        "requests": [
            {"model": model, "content": {"parts": [{"text": text}]}, **beside}
            for text in wanted.texts
        ]
    }


# ---- answers -------------------------------------------------------------------------------


class _Item(msgspec.Struct):
    """values: Gemini's numbers, embedding and index: OpenAI's."""

    values: msgspec.Raw = _ABSENT
    embedding: msgspec.Raw = _ABSENT
    index: int | None = None


class _Reply(msgspec.Struct):
    data: list[_Item] | None = None
    embeddings: list[_Item] | None = None
    usage: msgspec.Raw = _ABSENT
    metadata: msgspec.Raw = msgspec.field(default=_ABSENT, name="usageMetadata")
    error: msgspec.Raw = _ABSENT


_decode_reply = msgspec.json.Decoder(_Reply).decode


class TranslatedEmbeddings(Metered):
    """Implements `ReplyReader`."""

    __slots__ = ("_caller", "_cost_of", "_target", "_wanted")

    def __init__(
        self, caller: Operation, wanted: Wanted, target: Target, receipt: Receipt, tally: Tally
    ) -> None:
        self._caller = caller
        self._wanted = wanted
        self._target = target
        self._cost_of = receipt.cost_of
        self._tally = tally
        self._upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        reply = read_answer(_decode_reply, body)
        items = reply.embeddings if reply.data is None else _in_order(reply.data)
        if items is None or (reply.error and bytes(reply.error) != b"null"):
            raise read_error(200, body, self._target.secrets)
        if len(items) != len(self._wanted.texts):
            reason = f"{len(items)} embeddings instead of {len(self._wanted.texts)}"
            raise Fault("bad_upstream_response", reason=reason)
        vectors = [_vector(item, self._wanted.encoding) for item in items]
        self._tally.has_output = True
        told = reply.usage or reply.metadata
        if told:
            self._tally.tell(told)
        return self._written(vectors)

    def _written(self, vectors: Sequence[msgspec.Raw]) -> bytes:
        usage = self._tally.usage()
        name = self._caller.name
        if name == OPENAI:
            cost = self._cost_of(usage) if self._cost_of is not None else None
            tokens = usage.input_tokens
            counted = raw_of({"prompt_tokens": tokens, "total_tokens": tokens})
            data = [
                {"object": "embedding", "index": place, "embedding": vector}
                for place, vector in enumerate(vectors)
            ]
            shown = counted if cost is None else shown_usage(usage, counted, cost)
            return _encode(
                {"object": "list", "data": data, "model": self._caller.model, "usage": shown}
            )
        told: dict[str, Any] = {"usageMetadata": {"promptTokenCount": usage.input_tokens}}
        if name == GEMINI:
            return _encode({"embedding": {"values": vectors[0]}, **told})
        return _encode({"embeddings": [{"values": vector} for vector in vectors], **told})


def _in_order(items: list[_Item]) -> list[_Item]:
    """As they were asked for, where each tells its place."""
    places = [item.index for item in items]
    if sorted(place for place in places if place is not None) != list(range(len(items))):
        return items
    return sorted(items, key=lambda item: item.index or 0)


def _vector(item: _Item, encoding: str) -> msgspec.Raw:
    """The numbers as they were, or in the encoding that was asked for. Raises Fault."""
    written = item.values or item.embedding
    first = bytes(written)[:1]
    if first not in (b"[", b'"'):
        raise Fault("bad_upstream_response", reason="an item without its embedding")
    if first == b'"':
        numbers = as_numbers(written)  # refuses what is no base64 of numbers
        return written if encoding == "base64" else numbers
    return as_base64(written) if encoding == "base64" else written
