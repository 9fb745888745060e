"""Markdown to HTML. HTML inside Markdown stays text, for parts of it are written by operators."""

import re
from collections.abc import Sequence
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from waystation.control.docs_site.tree.page import Language

_LINK = re.compile(r"\]\(docs:([\w/.-]+)(#[\w-]+)?\)")


class _Renderer(RendererHTML):
    """Blocks of code get the frame of all code here; tables may scroll in themselves."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        return code_html(token.content.rstrip("\n"), token.info.strip() or "text")

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return '<div class="wide" tabindex="0"><table>\n'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"


@cache
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
    return made.enable("table")


def code_html(text: str, fence: str, title: str = "") -> str:
    """A block with its title, to be copied as it is."""
    shown = f'<span class="code-title">{escape(title or fence)}</span>'
    body = f'<pre tabindex="0"><code class="lang-{escape(fence)}">{escape(text)}\n</code></pre>'
    button = '<button type="button" class="copy"></button>'
    return f'<div class="code"><div class="code-head">{shown}{button}</div>{body}</div>\n'


def linked(text: str, base: str, language: Language, end: str = "") -> str:
    """`docs:slug` as an address. end: ".md" in Markdown."""
    return _LINK.sub(
        lambda found: f"]({base}/docs/{language}/{found[1]}{end}{found[2] or ''})", text
    )


def block_html(text: str, language: Language) -> str:
    made = str(_parser().render(linked(text, "", language)))
    return made.replace("<th></th>", "<td></td>")  # a corner of a table heads nothing


def inline_html(text: str, language: Language) -> str:
    return str(_parser().renderInline(linked(text, "", language)))
