"""Every page says what the document says: whole, and without the mistakes of other docs."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.docs_site.conftest import Made, inside
from waystation.control.docs_site.as_html import blocks_html
from waystation.control.docs_site.as_markdown import blocks_markdown
from waystation.control.docs_site.blocks import Call, Code, Fields, Prose, Status
from waystation.control.docs_site.build import markdown_of
from waystation.control.docs_site.field_rows import flat
from waystation.control.docs_site.frame import page_html
from waystation.control.docs_site.limits import limits_of
from waystation.control.docs_site.offers import Offers
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.specification import Specification
from waystation.control.docs_site.tree import CONTRACT, PAGES, SECTIONS, Page, neighbours
from waystation.control.openapi.endpoints import ENDPOINTS

ENDPOINT_PAGES = [page for page in PAGES.values() if page.kind == "endpoint"]
_NOBODY = Offers()
GUIDES = Path(__file__).parents[2] / "docs" / "guides"
BY_OPERATION = {page.operation: page for page in ENDPOINT_PAGES}


def test_the_tree_is_the_contract_s() -> None:
    assert [len(section.pages) for section in CONTRACT] == [
        2,
        3,
        3,
        11,
        2,
        2,
        6,
        9,
        10,
        2,
        3,
        1,
        3,
        1,
    ]
    assert sum(len(section.pages) for section in CONTRACT) == 58
    assert SECTIONS[: len(CONTRACT)] == CONTRACT
    assert {page.operation for page in ENDPOINT_PAGES} == {one.id for one in ENDPOINTS}


def test_each_page_has_neighbours_and_words_in_both_languages() -> None:
    order = list(PAGES)
    for slug, page in PAGES.items():
        before, after = neighbours(slug)
        assert (before is None) == (slug == order[0])
        assert (after is None) == (slug == order[-1])
        assert page.title.en
        assert page.title.zh
        assert bool(page.about.en) == bool(page.about.zh)
    for section in SECTIONS:
        for language in ("en", "zh"):
            titles = [page.title.of(language) for page in section.pages]
            assert len(set(titles)) == len(titles)


def test_forms_are_named_as_json_names_them(made: Made) -> None:
    names = {
        row.name
        for block in inside(made["management/family-list-groups"])
        if isinstance(block, Fields)
        for row in flat(block.rows)
    }
    assert "<true>" in names
    assert "<True>" not in names


def test_every_block_of_json_parses(made: Made, reader: Reader) -> None:
    count = 0
    for slug, blocks in made.items():
        text = blocks_markdown(blocks, reader)
        for block in re.findall(r"^(`{3,4})json\n(.*?)^\1$", text, re.M | re.S):
            json.loads(block[1])
            count += 1
        assert "{{" not in text, slug
        assert "docs:" not in blocks_html(blocks, reader), slug
    assert count > 2000


def test_streams_are_made_of_json(made: Made) -> None:
    count = 0
    for blocks in made.values():
        for block in inside(blocks):
            if isinstance(block, Code) and block.text.startswith(("data: ", "event: ")):
                for data in re.findall(r"^data: (?!\[DONE\])(.*)$", block.text, re.M):
                    json.loads(data)
                    count += 1
    assert count > 50


def walked(
    document: dict[str, Any], schema: dict[str, Any], path: str, seen: tuple[str, ...]
) -> set[str]:
    """Paths of all fields below a schema; written without the code under test."""
    name = ""
    while "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name in seen:
            return set()
        seen = (*seen, name)
        schema = document["components"]["schemas"][name]
    if "items" in schema:
        return walked(document, schema["items"], path + "[]", seen)
    forms = schema.get("oneOf", schema.get("anyOf", ()))
    several = [form for form in forms if walked(document, form, "", seen)]
    if len(several) == 1:
        return walked(document, several[0], path, seen)
    found: set[str] = set()
    for form in several:
        found |= walked(document, form, path, seen)
    for field, each in schema.get("properties", {}).items():
        here = f"{path}.{field}" if path else field
        found |= {here} | walked(document, each, here, seen)
    return found


def bare(paths: set[str]) -> set[str]:
    """Without the names of forms."""
    return {re.sub(r"<[^>]*>", "", path).lstrip(".") for path in paths if not path.endswith(">")}


@pytest.mark.parametrize("page", ENDPOINT_PAGES, ids=lambda page: page.slug)
def test_tables_have_the_fields_of_the_schema_and_no_others(
    page: Page, made: Made, reader: Reader, book: Specification
) -> None:
    tables: dict[str, set[str]] = {}
    for block in inside(made[page.slug]):
        if isinstance(block, Fields):
            paths = [row.path for row in flat(block.rows)]
            tables.setdefault(block.where, set()).update(paths)
            assert _written(block, reader) == (paths, paths)
    _, _, told = book.operation(page.operation)
    for where in ("path", "query", "header"):
        named = {one["name"] for one in told["parameters"] if one["in"] == where}
        assert tables.pop(where, set()) == named
    for media, content in told.get("requestBody", {}).get("content", {}).items():
        where = "form" if media.startswith("multipart") else "body"
        assert bare(tables.pop(where, set())) == walked(book.document, content["schema"], "", ())
    replied: dict[str, set[str]] = {}
    for status, media, content in book.media(page.operation):
        if status[0] == "2":
            schema = content["schema"].get("x-event-schemas", [content["schema"]])[0]
            fields = replied.setdefault(f"reply {media}", set())
            fields |= walked(book.document, schema, "", ())
    for where, fields in replied.items():
        assert bare(tables.pop(where, set())) == fields, where
    assert not tables


def _written(block: Fields, reader: Reader) -> tuple[list[str], list[str]]:
    """The rows that a reader sees, as HTML and as Markdown."""
    in_html = re.findall(r'data-field="([^"]*)"', blocks_html([block], reader))
    in_markdown = re.findall(r"^\| `([^`]*)` \|", blocks_markdown([block], reader), re.M)
    return [unescape(path) for path in in_html], in_markdown


@pytest.mark.parametrize("page", ENDPOINT_PAGES, ids=lambda page: page.slug)
def test_an_endpoint_page_is_whole(page: Page, made: Made, book: Specification) -> None:
    blocks = made[page.slug]
    method, path, told = book.operation(page.operation)
    assert isinstance(blocks[0], Call)
    assert (blocks[0].method, blocks[0].url) == (method.upper(), path)
    statuses = {block.status: block for block in blocks if isinstance(block, Status)}
    assert {str(status) for status in statuses} == set(told["responses"])
    for status, block in statuses.items():
        reply = book.resolved(told["responses"][str(status)])
        shown = {each.title for each in block.blocks if isinstance(each, Code)}
        assert set(reply.get("x-error-codes", ())) <= shown


def test_the_outside_is_left_alone(made: Made, reader: Reader) -> None:
    """Nothing is loaded from another origin, no code stands in the page."""
    for slug, page in PAGES.items():
        text = page_html(page, made[slug], reader)
        for loaded in re.findall(
            r'<(?:script|img|iframe|link|source|video|audio)\b[^>]*?(?:src|href)="([^"]*)"', text
        ):
            assert loaded.startswith("/"), (slug, loaded)
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"<[^>]+\s(?:style|on\w+)=", re.sub(r'data-\w+="[^"]*"', "", text)), (
            slug
        )
        ids = re.findall(r'\sid="([^"]*)"', text)
        assert len(ids) == len(set(ids)), slug


def test_links_lead_somewhere(made: Made, reader: Reader) -> None:
    anchors = {
        slug: set(re.findall(r'\sid="([^"]*)"', blocks_html(blocks, reader)))
        for slug, blocks in made.items()
    }
    start = f"/docs/{reader.language}/"
    for slug, page in PAGES.items():
        text = page_html(page, made[slug], reader)
        for link in re.findall(r'<a[^>]* href="([^"]*)"', text):
            target, _, anchor = unescape(link).partition("#")
            if target.startswith(start) and target != f"{start}reference":
                name = target.removeprefix(start).removesuffix(".md")
                assert name in PAGES, (slug, link)
                assert not anchor or anchor in anchors[name], (slug, link)


def test_the_operator_s_guides_are_the_files(reader: Reader) -> None:
    """All of them, each whole; links between them lead to pages."""
    files = {path.stem: path for path in (GUIDES / reader.language).glob("*.md")}
    pages = {page.file: page for page in PAGES.values() if page.kind == "manual"}
    assert set(pages) == set(files)
    for name, page in pages.items():
        text = markdown_of(page, reader)
        title, *lines = files[name].read_text().splitlines()
        assert text.startswith(title + "\n")
        for line in lines:
            plain = re.sub(r"\]\([^)]*\)", "]", line).strip()
            assert plain in re.sub(r"\]\([^)]*\)", "]", text), (name, line)


def test_markdown_is_the_same_page(reader: Reader) -> None:
    text = markdown_of(PAGES["midjourney/imagine"], reader)
    assert text.startswith("# ")
    assert "`POST https://relay.example/mj/submit/imagine`" in text
    assert "| `prompt` | string |" in text
    for language in ("bash", "ocaml", "swift", "objectivec", "r"):
        assert f"```{language}\n" in text


def test_limits_of_fields_are_told_in_the_reader_s_words(made: Made, reader: Reader) -> None:
    own = {"en": "At least: <code>1</code>", "zh": "最小值: <code>1</code>"}[reader.language]
    page = blocks_html(made["chat/whole"], reader)
    assert own in page
    assert "minimum:" not in page + blocks_markdown(made["chat/whole"], reader)


def test_a_call_without_a_body_has_no_limits_of_one(book: Specification) -> None:
    told = [name for name, _ in limits_of(book, "deleteResponse", "en")]
    assert told == ["Stored responses are kept", "One stored response"]


def test_media_with_nothing_to_show_share_a_line(made: Made) -> None:
    told = next(each for each in made["audio/speech"] if isinstance(each, Status))
    first, second, *_ = told.blocks
    assert first == Prose("**audio/mpeg, audio/ogg, audio/aac, audio/flac, audio/wav, audio/pcm**")
    assert second == Prose("**text/event-stream**")


def test_every_field_has_a_meaning(made: Made) -> None:
    """Fixed ones aside, which say it themselves."""
    untold = {
        (block.where, row.path)
        for blocks in made.values()
        for block in inside(blocks)
        if isinstance(block, Fields)
        for row in flat(block.rows)
        if not (row.text or row.values or row.limits or row.name.startswith("<"))
    }
    assert untold == set()
