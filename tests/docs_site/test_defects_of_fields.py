"""Of the mistakes that docs of such relays are known for: those of fields and their types."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema

from tests.docs_site.conftest import Made, inside
from tests.docs_site.told import ENDPOINTS, SUBMITS, asked, rows_in, texts
from waystation.control.docs_site.blocks import Fields
from waystation.control.docs_site.field_rows import flat, rows_of
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.specification import Specification, described
from waystation.control.docs_site.tree import PAGES


def test_defect_01_seed_is_called_seed(book: Specification, made: Made, reader: Reader) -> None:
    """The field is `seed`; `seen` is only told as the old spelling that is read too."""
    for name in ("ChatRequest", "CompletionRequest"):
        assert {row.name: row.kind for row in rows_of(book, book.schema(name), "en")}["seed"] == (
            "integer"
        )
    chat = {row.name: row for row in rows_of(book, book.schema("ChatRequest"), "en")}
    assert chat["seen"].deprecated
    assert "`seed`" in chat["seen"].text
    for slug, text in texts(made, reader):
        assert '"seen":' not in text, slug


def test_defect_02_tools_are_optional_objects(made: Made) -> None:
    """`tools` and `tool_choice` may be left out; `tools` is an array of objects."""
    pages = [page for page in ENDPOINTS if page.operation == "createChatCompletion"]
    assert len(pages) > 10
    for page in pages:
        rows = rows_in(made, page)
        assert not rows["tools"].required
        assert not rows["tool_choice"].required
        assert rows["tools"].kind == "array[object]"
        assert rows["tools[].function.name"].kind == "string"


def test_defect_03_temperature_and_top_p_are_decimal(made: Made) -> None:
    """Wherever they stand."""
    count = 0
    for page in ENDPOINTS:
        for row in rows_in(made, page).values():
            if row.name in ("temperature", "top_p", "topP"):
                count += 1
                assert row.kind.removesuffix(" | null") == "number", (page.slug, row.path)
    assert count > 20


def test_defect_06_meanings_stand_at_their_own_fields(made: Made, book: Specification) -> None:
    """No row has its neighbour's type or meaning."""
    for page in SUBMITS:
        assert rows_in(made, page)["notifyHook"].kind == "string", page.slug
    for slug, path, word in (
        ("midjourney/describe", "base64", "data URL"),
        ("midjourney/describe", "notifyHook", "Told of each change"),
        ("midjourney/swap-face", "sourceBase64", "face"),
        ("midjourney/swap-face", "targetBase64", "picture"),
        ("images/flux", "user", "end user"),
        ("completions/create", "top_p", "Nucleus"),
        ("completions/create", "user", "end user"),
    ):
        content = book.operation(PAGES[slug].operation)[2]["requestBody"]["content"]
        schema = book.resolved(content["application/json"]["schema"])
        assert word in described(schema["properties"][path], "en"), (slug, path)
        assert rows_in(made, PAGES[slug])[path].text


def test_defect_07_a_type_is_the_type_of_the_example(made: Made, book: Specification) -> None:
    """A task's id is text or a number in the table, and so it is in the example; every example of a
    request fits its schema."""
    rows = rows_in(made, PAGES["midjourney/modal"])
    assert rows["taskId"].kind == "string | integer"
    assert rows["taskId"].required
    assert not rows["maskBase64"].required
    assert isinstance(asked(book, PAGES["midjourney/modal"])["taskId"], str)
    whole = {"components": book.document["components"]}
    for page in ENDPOINTS:
        content = book.operation(page.operation)[2].get("requestBody", {}).get("content", {})
        if "application/json" in content:
            schema = whole | content["application/json"]["schema"]
            jsonschema.Draft202012Validator(schema).validate(asked(book, page))


def test_defect_10_a_list_of_ids_is_json(made: Made, book: Specification) -> None:
    """Tasks are asked for by `ids` in JSON; a form is only where files are sent."""
    body = book.operation("midjourneyList")[2]["requestBody"]["content"]
    assert list(body) == ["application/json"]
    assert rows_in(made, PAGES["midjourney/list"])["ids"].kind.startswith("array[")
    for page in ENDPOINTS:
        content = book.operation(page.operation)[2].get("requestBody", {}).get("content", {})
        forms = [made for media, made in content.items() if media.startswith("multipart")]
        for form in forms:
            fields = book.resolved(form["schema"])["properties"].values()
            assert any(_is_file(book.resolved(field)) for field in fields), page.slug


def _is_file(field: dict[str, Any]) -> bool:
    forms = [field, field.get("items", {}), *field.get("oneOf", ()), *field.get("anyOf", ())]
    return any(form.get("format") == "binary" for form in forms)


def test_defect_11_ideogram_needs_a_prompt_alone(made: Made) -> None:
    """What the text calls optional is optional in the table."""
    rows = rows_in(made, PAGES["images/ideogram"])
    assert {row.name for row in rows.values() if row.required} == {"image_request", "prompt"}
    assert len(rows) > 8


def test_defect_13_an_array_of_pictures_is_an_array(made: Made) -> None:
    """`base64Array` is an array of text."""
    count = 0
    for page in ENDPOINTS:
        for row in rows_in(made, page).values():
            if row.name == "base64Array":
                count += 1
                assert row.kind == "array[string]", page.slug
    assert count >= 3


def test_defect_28_what_is_required_has_no_default(made: Made) -> None:
    """And nothing that has one is called required."""
    for slug, blocks in made.items():
        for block in inside(blocks):
            if isinstance(block, Fields) and not block.where.startswith(("reply", "object")):
                for row in flat(block.rows):
                    assert not (row.required and row.default), (slug, row.path)
                    assert not (row.required and re.search("default", row.text, re.I)), (
                        slug, row.path)  # fmt: skip


_UNITLESS = {"sequence_number", "request_count", "quota_type", "usage", "prompt_cache_retention"}


_MEASURED = re.compile(
    r"(^|_)(cost|price|usd|quota|usage|granted|used|available|balance|duration|seconds|ms|time|"
    r"created|expires?|expired|until|bytes|width|height|latency|start|end)(_|$)|"
    r"(Time|At)$"
)


_UNIT = re.compile(
    r"USD|cents|units|seconds|milliseconds|Unix|bytes|pixels|percent|RFC|ISO|`\d+s`|\bdate", re.I
)


def test_defect_32_units_are_told(book: Specification) -> None:
    """Each number about money, time, size says in what it is counted."""
    measured = [each for each in _numbers(book) if _MEASURED.search(each[1])]
    assert len(measured) > 60
    untold = [
        (where, name)
        for where, name, schema in measured
        if name not in _UNITLESS and not _UNIT.search(described(schema, "en"))
    ]
    assert untold == []


def _numbers(book: Specification) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(where, name, schema) of fields that are numbers."""
    waiting: list[tuple[str, Any]] = [("", book.document)]
    while waiting:
        where, node = waiting.pop()
        if not isinstance(node, dict):
            waiting += [(where, each) for each in node] if isinstance(node, list) else []
            continue
        # A field may itself be called type or properties.
        is_schema = isinstance(node.get("type"), str) and "properties" in node
        for name, field in node["properties"].items() if is_schema else ():
            forms = [field, *field.get("oneOf", ())]
            if any({"integer", "number"} & set(_types(form)) for form in forms):
                yield where, name, field
        waiting += [(f"{where}/{key}"[-60:], node[key]) for key in node.keys() - {"examples"}]


def _types(schema: dict[str, Any]) -> list[str]:
    told = schema.get("type", ())
    return [told] if isinstance(told, str) else list(told)
