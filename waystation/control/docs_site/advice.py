"""What to do about each error code: the table of the guide `errors`, which tells it in both
languages."""

import re
from functools import cache

import msgspec

from waystation.control.docs_site.tree.manual import manual_text
from waystation.control.docs_site.tree.page import Language

_ROW = re.compile(r"^\| `([a-z_]+)` \| (\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)


class Advice(msgspec.Struct, frozen=True):
    code: str
    status: int
    meaning: str
    action: str


@cache
def advice(language: Language) -> dict[str, Advice]:
    """By code, in the order of statuses."""
    text = manual_text(language, "errors")
    return {
        code: Advice(code, int(status), meaning, action)
        for code, status, meaning, action in _ROW.findall(text)
    }
