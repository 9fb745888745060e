"""The operator's guides: the very files of docs/guides, as pages of the docs.

They lie in docs/guides of a checkout, and beside the docs in an installed package.
"""

import re
from functools import cache
from pathlib import Path

from waystation.control.docs_site.tree.page import Language, Page, Section, Words

FOLDER = "operate"
_DOCS = Path(__file__).parents[1]
_ORDER = (
    "deployment", "settings", "relay-toml", "moving-in", "operations", "sight", "alerts",
    "accounts", "billing", "top-ups", "vendors", "dialects", "dialect-pairs", "errors", "pictures",
    "sound", "tasks", "midjourney", "music", "gpts", "console-api",
)  # fmt: skip
_LINK = re.compile(r"\]\(([\w-]+)\.md(#[\w-]+)?\)")
_PICTURE = re.compile(r"\]\([./]+waystation/control/docs_site/static/([\w-]+\.\w+)\)")


@cache
def manual_text(language: Language, name: str) -> str:
    """The file as it is."""
    packed = _DOCS / "manual"
    folder = packed if packed.is_dir() else _DOCS.parents[2] / "docs" / "guides"
    return (folder / language / f"{name}.md").read_text()


def manual_body(language: Language, name: str) -> str:
    """Without its title, with links to the pages and pictures of these docs."""
    body = manual_text(language, name).partition("\n")[2].lstrip("\n")
    return _LINK.sub(rf"](docs:{FOLDER}/\1\2)", _PICTURE.sub(r"](/docs/static/\1)", body))


def _title(language: Language, name: str) -> str:
    return manual_text(language, name).partition("\n")[0].removeprefix("# ").strip()


def _page(name: str) -> Page:
    title = Words(_title("en", name), _title("zh", name))
    return Page(slug=f"{FOLDER}/{name}", title=title, kind="manual", file=name)


OPERATING = Section(Words("For operators", "运维指南"), tuple(map(_page, _ORDER)))
