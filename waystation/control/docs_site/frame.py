"""What stands around a page's text: head, search, tree, outline, ways onward."""

import hashlib
from functools import cache
from html import escape
from pathlib import Path

from waystation.control.docs_site.as_html import blocks_html
from waystation.control.docs_site.blocks import Block, Heading, Imports
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.tree import SECTION_OF, SECTIONS, Language, Page, neighbours

STATIC = Path(__file__).parent / "static"
LANGUAGES: tuple[Language, ...] = ("en", "zh")
_TAGS = {"en": "en", "zh": "zh-CN"}


@cache
def tagged(name: str) -> str:
    """A static file's address, which changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/docs/static/{name}?v={digest}"


def page_html(page: Page, blocks: list[Block], reader: Reader) -> str:
    language = reader.language
    title = page.title.of(language)
    section = SECTION_OF[page.slug].title.of(language)
    crumbs = (
        f'<p class="crumbs"><a href="/docs/{language}">{reader.word("docs")}</a> / '
        f"{escape(section)}</p>\n"
    )
    plain = f'<a class="plain" href="/docs/{language}/{page.slug}.md">{reader.word("markdown")}</a>'
    text = (
        f"{crumbs}<div class='title'><h1>{escape(title)}</h1>{plain}</div>\n"
        f"{blocks_html(blocks, reader)}{_onward(page, reader)}"
    )
    if any(isinstance(each, Imports) for each in blocks):
        text += f'<script src="{tagged("imports.js")}"></script>\n'
    return framed(reader, title, text, page.slug, _outline(blocks, reader))


def framed(reader: Reader, title: str, text: str, slug: str = "", outline: str = "") -> str:
    """slug: of the page that the tree marks, "" none."""
    language = reader.language
    other: Language = "en" if language == "zh" else "zh"
    site = escape(reader.offers.site)
    below = f"/{slug}" if slug else ""
    alternates = "".join(
        f'<link rel="alternate" hreflang="{_TAGS[each]}" href="/docs/{each}{below}">\n'
        for each in LANGUAGES
    )
    if slug:
        alternates += (
            f'<link rel="alternate" type="text/markdown" href="/docs/{language}{below}.md">\n'
        )
    return f"""<!doctype html>
<html lang="{_TAGS[language]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {site}</title>
<link rel="icon" href="{tagged("icon.svg")}">
{alternates}<link rel="stylesheet" href="{tagged("docs.css")}">
<script src="{tagged("docs.js")}"></script>
<script src="{tagged("search.js")}"></script>
</head>
<body data-copy="{reader.word("copy")}" data-copied="{reader.word("copied")}" \
data-nothing="{reader.word("nothing")}">
<a class="skip" href="#text">{reader.word("skip")}</a>
<header class="top">
<input type="checkbox" id="menu-open" aria-label="{reader.word("menu")}">
<label for="menu-open" class="menu-button" aria-hidden="true">☰</label>
<a class="site" href="/docs/{language}">{site} <span>{reader.word("docs")}</span></a>
<form class="search" role="search" action="/docs/{language}/search" \
data-index="/docs/{language}/search.json">
<input type="search" name="q" autocomplete="off" aria-label="{reader.word("search")}" \
placeholder="{reader.word("search_hint")}">
<div class="found" hidden></div>
</form>
<nav class="links" aria-label="{reader.word("console")}">
<a href="/docs/{language}/reference">{reader.word("reference")}</a>
<a href="/">{reader.word("console")}</a>
<a href="/docs/{other}{below}" hreflang="{_TAGS[other]}" lang="{_TAGS[other]}">\
{reader.word("language")}</a>
<button type="button" class="theme" aria-label="{reader.word("theme")}">◐</button>
</nav>
</header>
<div class="columns">
<nav class="tree" aria-label="{reader.word("menu")}">
{_tree(reader, slug)}<ul class="elsewhere">
<li><a href="/docs/{language}/reference">{reader.word("reference")}</a></li>
<li><a href="/">{reader.word("console")}</a></li>
</ul></nav>
<main id="text" tabindex="-1">
{text}</main>
{outline}</div>
</body>
</html>
"""


def _tree(reader: Reader, slug: str) -> str:
    language = reader.language
    made = []
    for section in SECTIONS:
        mine = any(page.slug == slug for page in section.pages)
        rows = []
        for page in section.pages:
            here = ' aria-current="page"' if page.slug == slug else ""
            title = escape(page.title.of(language))
            rows.append(f'<li><a href="/docs/{language}/{page.slug}"{here}>{title}</a></li>')
        made.append(
            f"<details{' open' if mine else ''}><summary>{escape(section.title.of(language))}"
            f"</summary><ul>{''.join(rows)}</ul></details>\n"
        )
    return "".join(made)


def _outline(blocks: list[Block], reader: Reader) -> str:
    rows = [
        f'<li><a href="#{escape(each.id)}">{escape(each.text)}</a></li>'
        for each in blocks
        if isinstance(each, Heading) and each.level == 2
    ]
    if not rows:
        return ""
    word = reader.word("outline")
    return f'<nav class="outline" aria-label="{word}"><p>{word}</p><ul>{"".join(rows)}</ul></nav>\n'


def _onward(page: Page, reader: Reader) -> str:
    before, after = neighbours(page.slug)
    made = []
    for each, name in ((before, "previous"), (after, "next")):
        if each is None:
            made.append("<span></span>")
            continue
        title = escape(each.title.of(reader.language))
        made.append(
            f'<a rel="{"prev" if name == "previous" else "next"}" '
            f'href="/docs/{reader.language}/{each.slug}">'
            f"<small>{reader.word(name)}</small>{title}</a>"
        )
    return f'<nav class="onward" aria-label="{reader.word("next")}">{"".join(made)}</nav>\n'
