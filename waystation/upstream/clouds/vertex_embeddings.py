"""Embeddings on Vertex: OpenAI's request as `predict`, and its predictions as OpenAI's answer."""

from typing import Any

import msgspec

from waystation.upstream.clouds.told import ToldReply
from waystation.upstream.transport import Incoming

PREDICT = ":predict"
_REPLY_BYTES_MAX = 64 * 1024 * 1024


class _Asked(msgspec.Struct):
    model: str
    input: str | list[str]
    dimensions: int | None = None
    user: str | None = None


class _Statistics(msgspec.Struct):
    token_count: float = 0


class _Embedding(msgspec.Struct):
    values: msgspec.Raw
    statistics: _Statistics = msgspec.field(default_factory=_Statistics)


class _Prediction(msgspec.Struct):
    embeddings: _Embedding


class _Predicted(msgspec.Struct):
    predictions: list[_Prediction]


_decode_asked = msgspec.json.Decoder(_Asked).decode
_decode_predicted = msgspec.json.Decoder(_Predicted).decode


def as_predict(body: bytes) -> tuple[bytes, str] | None:
    """(the body, the model's name for the answer); None where it cannot be said: token ids."""
    try:
        asked = _decode_asked(body)
    except msgspec.ValidationError:
        return None
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    said: dict[str, Any] = {"instances": [{"content": text} for text in texts]}
    if asked.dimensions is not None:
        said["parameters"] = {"outputDimensionality": asked.dimensions}
    return msgspec.json.encode(said), asked.model


async def as_embeddings(incoming: Incoming, model: str) -> Incoming:
    """A good answer in OpenAI's words; any other as it is. Raises MaybeSent."""
    if incoming.status != 200:
        return incoming
    try:
        body = await incoming.read_all(_REPLY_BYTES_MAX)
    finally:
        incoming.close()
    try:
        predicted = _decode_predicted(body)
    except msgspec.DecodeError:
        return ToldReply(200, body)  # nonsense is judged where all answers are
    total = round(sum(each.embeddings.statistics.token_count for each in predicted.predictions))
    said: dict[str, Any] = {
        "object": "list",
        "model": model,
        "data": [
            {"object": "embedding", "index": index, "embedding": each.embeddings.values}
            for index, each in enumerate(predicted.predictions)
        ],
    }
    if total:
        said["usage"] = {"prompt_tokens": total, "total_tokens": total}
    return ToldReply(200, msgspec.json.encode(said))
