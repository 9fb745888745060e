"""What Google's own tools did for an answer, as it is charged.

Up to version 2.5 a search is charged once a prompt, however many queries it took; from 3 on each
query is, and neither empty ones nor repetitions count (ai.google.dev/gemini-api/docs/google-search
as its forum's thread 168136 cites it, …/docs/pricing as thread 134866 does; read 2026-11-22, when
no index had the pages themselves). Maps likewise once a prompt; a third party says that version 3
charges each of its queries, but no answer tells how many there were, so one is charged.
"""

from typing import Any

import msgspec

from waystation.meter.tally import Tally

_MARKS = ("gemini-1", "gemini-2")


class _Chunk(msgspec.Struct):
    maps: msgspec.Raw = msgspec.Raw()


class _Grounding(msgspec.Struct):
    queries: list[Any] | None = msgspec.field(default=None, name="webSearchQueries")
    images: list[Any] | None = msgspec.field(default=None, name="imageSearchQueries")
    chunks: list[_Chunk] | None = msgspec.field(default=None, name="groundingChunks")


_decode = msgspec.json.Decoder(_Grounding).decode


def count_grounding(told: msgspec.Raw, model: str, tally: Tally) -> None:
    """told: a candidate's groundingMetadata; a stream may tell it again, and more of it."""
    try:
        grounding = _decode(told)
    except (msgspec.DecodeError, RecursionError):
        return  # null, or of another shape: nothing is charged for what cannot be read
    queries = [*(grounding.queries or ()), *(grounding.images or ())]
    searches = len({query for query in queries if isinstance(query, str) and query.strip()})
    chunks = grounding.chunks or ()
    maps = any(chunk.maps for chunk in chunks)
    if maps:
        tally.call_at_least("maps", 1)
    elif chunks and not searches:
        searches = 1
    if searches:
        once = any(mark in model for mark in _MARKS)
        tally.call_at_least("web_search", 1 if once else searches)
