"""The page of a thing that calls answer with: its fields and examples."""

from waystation.control.docs_site.blocks import Block, Code, Fields, Heading, Prose
from waystation.control.docs_site.field_rows import rows_of
from waystation.control.docs_site.models import chosen
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.samples.request import pretty
from waystation.control.docs_site.specification import described
from waystation.control.docs_site.tree import PAGES
from waystation.control.docs_site.tree.page import Page


def object_blocks(page: Page, reader: Reader) -> list[Block]:
    specification = reader.specification
    schema = specification.schema(page.schema)
    blocks: list[Block] = [Prose(reader.filled(page.about.of(reader.language)))]
    text = described(schema, reader.language)
    if text:
        blocks.append(Prose(text))
    blocks.append(Heading(2, "fields", reader.word("object")))
    blocks.append(Fields("object", rows_of(specification, schema, reader.language)))
    blocks.append(Heading(2, "examples", reader.word("example")))
    blocks += _examples(page, reader)
    blocks.append(Heading(2, "used", reader.word("where_used")))
    users = [
        f"- [{each.title.of(reader.language)}](docs:{each.slug})"
        for each in PAGES.values()
        if each.kind == "endpoint"
        and each.operation == page.operation
        and each.slug.split("/")[0] == page.slug.split("/")[0]
    ]
    blocks.append(Prose("\n".join(users)))
    return blocks


def _examples(page: Page, reader: Reader) -> list[Block]:
    """Of this schema alone; a stream's as it comes over the wire."""
    kind = page.slug.split("/")[0]
    made: list[Block] = []
    for status, _, media in reader.specification.media(page.operation):
        events = media["schema"].get("x-event-schemas", [{}])[0].get("$ref", "")
        named = media["schema"].get("$ref", "") or events
        if status != "200" or not named.endswith(f"/{page.schema}"):
            continue
        for name, example in media.get("examples", {}).items():
            value = example["value"]
            if isinstance(value, str):
                made.append(Code(value, "text", name))
                continue
            if kind == "claude" and "model" in value:
                asked = "claude-sonnet-4-5"
                value = value | {"model": chosen("claude", asked, reader.offers.names)}
            made.append(Code(pretty(value), "json", name))
    return made
