"""What the pages tell, taken out of them: rows, samples, texts, requests."""

from collections.abc import Iterator
from typing import Any

from tests.docs_site.conftest import Made, inside
from waystation.control.docs_site.as_markdown import blocks_markdown
from waystation.control.docs_site.blocks import Code, Fields, Status
from waystation.control.docs_site.field_rows import FieldRow, flat
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.specification import Specification
from waystation.control.docs_site.tree import PAGES, Page

CODES = (1, 3, 4, 5, 9, 21, 22, 23, 24, 30)
"""Of what became of a submit."""
ENDPOINTS = [page for page in PAGES.values() if page.kind == "endpoint"]
SUBMITS = [page for page in ENDPOINTS if page.slug.startswith("midjourney/") and page.models]


def rows_in(made: Made, page: Page) -> dict[str, FieldRow]:
    """Of the request."""
    return {
        row.path: row
        for block in inside(made[page.slug])
        if isinstance(block, Fields) and not block.where.startswith("reply")
        for row in flat(block.rows)
    }


def answers(made: Made, page: Page) -> Iterator[tuple[Status, Code]]:
    """Samples of the replies that went well."""
    for block in made[page.slug]:
        if isinstance(block, Status) and block.status < 300:
            for each in block.blocks:
                if isinstance(each, Code):
                    yield block, each


def texts(made: Made, reader: Reader) -> Iterator[tuple[str, str]]:
    """Of what is told by us to callers: the operator's guides are about other programs too."""
    for slug, blocks in made.items():
        if PAGES[slug].kind != "manual":
            yield slug, blocks_markdown(blocks, reader)


def asked(book: Specification, page: Page) -> Any:
    """The JSON of the page's own request; None without one."""
    content = book.operation(page.operation)[2].get("requestBody", {}).get("content", {})
    examples = content.get("application/json", {}).get("examples", {})
    if not examples:
        return None
    return examples.get(page.example, next(iter(examples.values())))["value"]
