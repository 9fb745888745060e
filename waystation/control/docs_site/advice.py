"""What to do about each error code: the table of the guide `errors`, which tells it in both
languages.

The guides lie in docs/guides of a checkout, and beside this module in an installed package.
"""

import re
from functools import cache
from pathlib import Path

import msgspec

from waystation.control.docs_site.tree.page import Language

_HERE = Path(__file__).parent
_ROW = re.compile(r"^\| `([a-z_]+)` \| (\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)


class Advice(msgspec.Struct, frozen=True):
    code: str
    status: int
    meaning: str
    action: str


@cache
def advice(language: Language) -> dict[str, Advice]:
    """By code, in the order of statuses."""
    text = (_folder() / language / "errors.md").read_text()
    return {
        code: Advice(code, int(status), meaning, action)
        for code, status, meaning, action in _ROW.findall(text)
    }


def _folder() -> Path:
    packed = _HERE / "manual"
    return packed if packed.is_dir() else _HERE.parents[2] / "docs" / "guides"
