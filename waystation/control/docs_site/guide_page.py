"""A guide: Markdown of ours, with lines that stand for what is only known here and now: `::` and a
key of `live.DIRECTIVES`. Figures and addresses are `{{…}}`; `{{model}}` and `{{model:claude}}` are
models that this site offers.
"""

import re
from functools import cache
from pathlib import Path

from waystation.control.docs_site import live
from waystation.control.docs_site.blocks import Block, Heading, Prose
from waystation.control.docs_site.models import chosen
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.tree.manual import manual_body
from waystation.control.docs_site.tree.page import Language, Page

_GUIDES = Path(__file__).parent / "guides"
_HEADING = re.compile(r"(##+) (.+)")
_MODEL = re.compile(r"\{\{model(?::(\w+))?\}\}")
_ASKED = {
    "chat": "gpt-4o", "claude": "claude-sonnet-4-5", "gemini": "gemini-2.5-pro",
    "embedding": "text-embedding-3-small",
}  # fmt: skip


def guide_blocks(page: Page, reader: Reader) -> list[Block]:
    if page.kind == "manual":
        text = manual_body(reader.language, page.file)
    else:
        text = filled_guide(guide_text(reader.language, page.file), reader)
    blocks: list[Block] = []
    run: list[str] = []
    fenced = False
    for line in [*text.split("\n"), "## "]:
        fenced ^= line.startswith("```")
        heading = None if fenced else _HEADING.match(line)
        directive = "" if fenced or not line.startswith("::") else line[2:].strip()
        if not (heading or directive or line == "## "):
            run.append(line)
            continue
        if "\n".join(run).strip():
            blocks.append(Prose("\n".join(run).strip()))
        run = []
        if heading:
            blocks.append(Heading(len(heading[1]), anchor(heading[2]), heading[2]))
        elif directive:
            blocks += live.DIRECTIVES[directive](reader)
    return blocks


def filled_guide(text: str, reader: Reader) -> str:
    def model(found: re.Match[str]) -> str:
        kind = found[1] or "chat"
        return chosen(kind, _ASKED[kind], reader.offers.names)

    text = _MODEL.sub(model, text).replace("{{site}}", reader.offers.site)
    return reader.filled(text)


def anchor(title: str) -> str:
    """Letters of any script; what is between them is a dash."""
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-")


@cache
def guide_text(language: Language, name: str) -> str:
    return (_GUIDES / language / f"{name}.md").read_text()
