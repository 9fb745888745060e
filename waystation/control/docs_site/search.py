"""The index that the browser searches, and the same search for browsers without scripts."""

import re
from html import escape

import msgspec

from waystation.control.docs_site.advice import advice
from waystation.control.docs_site.frame import framed
from waystation.control.docs_site.guide_page import guide_text
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.specification import described
from waystation.control.docs_site.tree import PAGES, SECTION_OF, Language, Page
from waystation.control.docs_site.tree.manual import manual_body

_RESULTS_MAX = 30
_MARKS = re.compile(r"[`*#>|\[\]]|\(docs:[^)]*\)|\{\{[^}]*\}\}|^::.*$", re.MULTILINE)


class Entry(msgspec.Struct, frozen=True):
    """path: below /docs/{language}/, with its anchor. text: what is searched beside the title."""

    path: str
    title: str
    section: str
    text: str


def entries(reader: Reader) -> list[Entry]:
    language = reader.language
    made = [
        Entry(
            page.slug,
            page.title.of(language),
            SECTION_OF[page.slug].title.of(language),
            _searched(page, reader),
        )
        for page in PAGES.values()
    ]
    status = PAGES["status"].title.of(language)
    for each in advice(language).values():
        text = f"{each.status} {each.meaning} {each.action}"
        made.append(Entry(f"status#{each.code}", each.code, status, text))
    return made


def _searched(page: Page, reader: Reader) -> str:
    language: Language = reader.language
    parts = [page.slug, page.title.en, page.title.zh]
    if page.kind == "guide":
        parts.append(guide_text(language, page.file))
    elif page.kind == "manual":
        parts.append(manual_body(language, page.file))
    else:
        method, path, told = reader.specification.operation(page.operation)
        parts += [method.upper(), path, page.schema, page.about.of(language)]
        parts += [described(told, language), told["operationId"], *_field_names(page, reader)]
    return _MARKS.sub("", " ".join(parts))[:4000]


def _field_names(page: Page, reader: Reader) -> list[str]:
    _, _, told = reader.specification.operation(page.operation)
    names = [one["name"] for one in told["parameters"]]
    for media in told.get("requestBody", {}).get("content", {}).values():
        names += reader.specification.resolved(media["schema"]).get("properties", {})
    return names


def index_json(reader: Reader) -> bytes:
    return msgspec.json.encode(entries(reader))


def found(query: str, searched: list[Entry]) -> list[Entry]:
    """Those that have every word, in the title first. The script in the browser does the same."""
    words = query.lower().split()[:10]
    scored = []
    for at, entry in enumerate(searched):
        title, text = entry.title.lower(), entry.text.lower()
        if words and all(word in title or word in text for word in words):
            scored.append((sum(word not in title for word in words), title not in words, at, entry))
    return [entry for *_, entry in sorted(scored, key=lambda each: each[:3])[:_RESULTS_MAX]]


def results_html(query: str, reader: Reader) -> str:
    rows = "".join(
        f'<li><a href="/docs/{reader.language}/{escape(each.path)}">{escape(each.title)}</a> '
        f"<small>{escape(each.section)}</small></li>"
        for each in found(query, entries(reader))
    )
    title = f"{reader.word('results')}: {query}"
    text = f"<ul>{rows}</ul>" if rows else f"<p>{reader.word('nothing')}</p>"
    return framed(reader, title, f"<h1>{escape(title)}</h1>{text}\n")
