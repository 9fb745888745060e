"""Gemini's addresses: the model and the verb stand in the path, `alt=sse` in the query."""

from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qs, unquote

from waystation.dialects.gemini import calls
from waystation.dialects.gemini.request import parse
from waystation.edge.call import Call
from waystation.edge.relay import Parse
from waystation.edge.site import Site
from waystation.edge.story import EVENTS
from waystation.edge.suno.chat import ChatRelay
from waystation.edge.suno.singing import Singing

ARRAY = b"application/json; charset=utf-8"

Maker = Callable[[Call, str, int], Parse]
"""(call, model, choices_max) → how its body is read."""


def _generate(call: Call, model: str, choices_max: int) -> Parse:
    return partial(parse, model=model, choices_max=choices_max)


def _stream(call: Call, model: str, choices_max: int) -> Parse:
    return partial(
        parse, model=model, stream=True, as_array=_as_array(call), choices_max=choices_max
    )


def _as_array(call: Call) -> bool:
    """Without `alt=sse` a stream is one JSON array, sent piece by piece."""
    return parse_qs(call.query).get("alt", [""])[-1] != "sse"


def _embed(call: Call, model: str, choices_max: int) -> Parse:
    return partial(calls.parse_embedding, model=model)


def _embeds(call: Call, model: str, choices_max: int) -> Parse:
    return partial(calls.parse_embeddings, model=model)


VERBS: dict[str, Maker] = {
    "generateContent": _generate,
    "streamGenerateContent": _stream,
    "embedContent": _embed,
    "batchEmbedContents": _embeds,
}


class GeminiRelay:
    """The handler of one verb: the relay path, with the model out of the address."""

    __slots__ = ("_make", "_singing", "_site", "_streams")

    def __init__(self, site: Site, verb: str, singing: Singing) -> None:
        self._site = site
        self._singing = singing
        self._make = VERBS[verb]
        self._streams = verb == "streamGenerateContent"

    async def __call__(self, call: Call) -> None:
        settings = self._site.settings
        model = call.params["model"]
        if "%" in model:
            model = unquote(model)  # SDKs send the slash of org/model as %2F
        parse_body = self._make(call, model, settings.choices_max)
        kind = ARRAY if self._streams and _as_array(call) else EVENTS
        bytes_max, singing = settings.body_bytes_max, self._singing
        await ChatRelay(self._site, "gemini", parse_body, bytes_max, singing, kind)(call)
