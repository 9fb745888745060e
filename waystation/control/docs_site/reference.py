"""Every call in one table; and, where the web build has brought it, Scalar's reference of the same
document, from this origin alone."""

from html import escape

from waystation.control.docs_site.as_html import blocks_html
from waystation.control.docs_site.blocks import Block, Heading, Prose, Table
from waystation.control.docs_site.frame import framed
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.tree import PAGES, Words

_ABOUT = Words(
    "All calls of this site, as in [/openapi.json](/openapi.json) (OpenAPI 3.1). The console's own "
    "interface is described at [/api/v1/openapi.json](/api/v1/openapi.json).",
    "本站全部接口，与 [/openapi.json](/openapi.json)（OpenAPI 3.1）一致。控制台接口见 "
    "[/api/v1/openapi.json](/api/v1/openapi.json)。",
)
_EXPLORE = Words("Open the interactive reference", "打开交互式接口文档")


def reference_blocks(reader: Reader) -> list[Block]:
    document, language = reader.specification.document, reader.language
    first = {page.operation: page for page in reversed(PAGES.values()) if page.kind == "endpoint"}
    rows: dict[str, list[tuple[str, ...]]] = {}
    for path, item in document["paths"].items():
        for method, told in item.items():
            page = first[told["operationId"]]
            title = told["x-summary-zh" if language == "zh" else "summary"]
            row = (f"`{method.upper()}`", f"[`{path}`](docs:{page.slug})", title)
            rows.setdefault(told["tags"][0], []).append(row)
    blocks: list[Block] = [Prose(_ABOUT.of(language))]
    head = ("HTTP", reader.word("path"), reader.word("meaning"))
    for tag in document["tags"]:
        if tag["name"] in rows:
            name = tag["x-name-zh"] if language == "zh" else tag["name"]
            blocks += [Heading(2, tag["name"].lower(), name), Table(head, tuple(rows[tag["name"]]))]
    return blocks


def reference_html(reader: Reader, has_explorer: bool) -> str:
    title = reader.word("reference")
    link = ""
    if has_explorer:
        words = escape(_EXPLORE.of(reader.language))
        link = f'<p><a href="/docs/{reader.language}/explorer">{words}</a></p>\n'
    text = f"<h1>{escape(title)}</h1>\n{link}{blocks_html(reference_blocks(reader), reader)}"
    return framed(reader, title, text)
