"""Cutting text into the demo's tokens, and choosing by the input's own hash.

A demo token is a word with its leading blank, a single CJK character, or a mark. It is not any
vendor's tokenizer; it is exact for this channel, which is all that its usage claims.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")

_TOKEN = re.compile(
    r"\s?[A-Za-z0-9_'’]+|[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]|\s|[^\sA-Za-z0-9_]"
)
_WORD = re.compile(r"[a-z0-9_]+|[\u2e80-\u9fff\uac00-\ud7af]")
_CJK = re.compile(r"[\u2e80-\u9fff]")


def tokens(text: str) -> list[str]:
    """The pieces of a text; joined they are the text again."""
    return _TOKEN.findall(text)


def words(text: str) -> list[str]:
    """Lower-case words and single CJK characters, for comparing texts."""
    return _WORD.findall(text.lower())


def is_chinese(text: str) -> bool:
    return _CJK.search(text) is not None


def digest(*parts: object) -> int:
    """A number that depends on all parts and on nothing else."""
    joined = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(
        hashlib.sha256(joined.encode("utf-8", "surrogatepass")).digest()[:8], "big"
    )


def choose(items: Sequence[Item], *parts: object) -> Item:
    return items[digest(*parts) % len(items)]


def text_of(content: Any) -> str:
    """The words of a message's content, whatever its form."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (part for part in content if isinstance(part, dict))
    return " ".join(str(part["text"]) for part in parts if isinstance(part.get("text"), str))
