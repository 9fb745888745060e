"""Content of an answer that some vendors tell as a list of parts, thoughts among them."""

from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode


def split_content(content: str | list[msgspec.Raw] | None) -> tuple[str, str]:
    """(thoughts, text) of a message's or delta's content."""
    if content is None:
        return "", ""
    if isinstance(content, str):
        return "", content
    thoughts: list[str] = []
    texts: list[str] = []
    for raw in content:
        _gather(_decode(raw), texts, thoughts)
    return "".join(thoughts), "".join(texts)


def _gather(value: Any, texts: list[str], thoughts: list[str]) -> None:
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, list):
        for item in value:
            _gather(item, texts, thoughts)
    elif isinstance(value, dict):
        if "thinking" in value:
            _gather(value["thinking"], thoughts, thoughts)
        _gather(value.get("text") or value.get("refusal"), texts, thoughts)
