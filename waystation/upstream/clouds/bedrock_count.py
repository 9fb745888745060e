"""Bedrock's CountTokens in the words of Anthropic's count_tokens. It knows the plain ids of models
only, no profiles (docs.aws.amazon.com/bedrock, CountTokens, read 2026-11-22); what it refuses is
estimated by whoever asked."""

from base64 import b64encode

import msgspec

from waystation.kernel.strictjson import raw_of, read_object, rebuild
from waystation.upstream.clouds.told import ToldReply
from waystation.upstream.transport import Incoming

PATH = "/count-tokens"
_REPLY_BYTES_MAX = 64 * 1024


class _Counted(msgspec.Struct, rename="camel"):
    input_tokens: int


_decode = msgspec.json.Decoder(_Counted).decode


def as_count(invoked: bytes) -> bytes:
    """The body of an invocation as what is to be counted; one must have a limit of its answer."""
    fields = read_object(invoked)
    if "max_tokens" not in fields:
        invoked = rebuild(fields, {"max_tokens": raw_of(1)})
    body = b64encode(invoked).decode()
    return msgspec.json.encode({"input": {"invokeModel": {"body": body}}})


async def as_counted(incoming: Incoming) -> Incoming:
    """A good answer in Anthropic's words, any other as it is. Raises MaybeSent."""
    if incoming.status != 200:
        return incoming
    try:
        body = await incoming.read_all(_REPLY_BYTES_MAX)
    finally:
        incoming.close()
    try:
        told = _decode(body)
    except msgspec.DecodeError:
        return ToldReply(200, body)  # nonsense is judged where all answers are
    return ToldReply(200, msgspec.json.encode({"input_tokens": told.input_tokens}))
