"""Every status that an operation answers, with its fields and a sample of each code."""

from typing import Any

from waystation.control.docs_site.blocks import Block, Code, Fields, Prose, Status, Table
from waystation.control.docs_site.field_rows import rows_of
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.samples.request import pretty
from waystation.control.docs_site.specification import Node, described
from waystation.errors import TEXTS


def statuses(reader: Reader, operation: str, example: str, model: str) -> list[Block]:
    """example: whose answer comes first. model: in place of the examples'."""
    _, _, told = reader.specification.operation(operation)
    made: list[Block] = []
    asked = _asked_model(told, example)
    for status, reply in told["responses"].items():
        reply = reader.specification.resolved(reply)
        text = described(reply, reader.language)
        codes = reply.get("x-error-codes", ())
        if status[0] == "2" or not codes:
            blocks = _answered(reader, reply, example, asked, model, set(codes))
        else:
            blocks = []
        for media in reply.get("content", {}).values():
            blocks += [each for code in codes for each in _refused(reader, media, code)]
        made.append(Status(int(status), text, tuple(blocks), open=status[0] == "2"))
    return made


def _asked_model(told: Node, example: str) -> str:
    content = told.get("requestBody", {}).get("content", {})
    for media in content.values():
        examples = media.get("examples", {})
        value = examples.get(example) or next(iter(examples.values()), {"value": None})
        if isinstance(value["value"], dict):
            return str(value["value"].get("model", ""))
    return ""


def _answered(
    reader: Reader, reply: Node, example: str, asked: str, model: str, codes: set[str]
) -> list[Block]:
    blocks: list[Block] = []
    content = sorted(
        reply.get("content", {}).items(),
        key=lambda each: "event-stream" not in each[0] if "streamed" in example else False,
    )
    bare: list[str] = []
    for media, made in content:
        examples = {n: e["value"] for n, e in made.get("examples", {}).items() if n not in codes}
        inner: list[Block] = [
            _code(media, name, examples[name], asked, model) for name in _named(examples, example)
        ]
        schema = made["schema"]
        events = reader.specification.resolved(schema).get("x-event-schemas")
        rows = rows_of(reader.specification, events[0] if events else schema, reader.language)
        if rows:
            inner.append(Fields(f"reply {media}", rows))
        if inner:
            blocks += [Prose(f"**{media}**"), *inner]
        else:
            bare.append(media)
    if bare:
        # Sounds and pictures have nothing to show: they share a line.
        blocks.insert(0, Prose(f"**{', '.join(bare)}**"))
    headers = [
        (f"`{name}`", described(reader.specification.resolved(header), reader.language))
        for name, header in reply.get("headers", {}).items()
    ]
    if headers:
        head = (reader.word("reply_headers"), reader.word("meaning"))
        blocks.append(Table(head, tuple(headers)))
    return blocks


def _named(examples: dict[str, Any], asked: str) -> list[str]:
    """The one that answers the request's example alone, where there is one; else all."""
    for name in (asked, asked.removesuffix(", streamed")):
        if name in examples:
            return [name, *(["broken"] if "broken" in examples and name == "streamed" else [])]
    if "streamed" in asked and "streamed" in examples:
        return [each for each in ("streamed", "broken") if each in examples]
    if asked == "function calling" and "tools" in examples:
        return ["tools"]
    if asked and "plain" in examples:
        return ["plain"]
    return list(examples)


def _code(media: str, name: str, value: Any, asked: str, model: str) -> Code:
    if media == "application/json":
        if isinstance(value, dict) and model and "model" in value:
            value = value | {"model": model}
        return Code(pretty(value), "json", name)
    text = str(value)
    if asked and model:
        text = text.replace(f'"model":"{asked}"', f'"model":"{model}"')
        text = text.replace('"model":"gpt-4o-mini"', f'"model":"{model}"')
    return Code(text, "text", name)


def _refused(reader: Reader, media: Node, code: str) -> list[Block]:
    example = media["examples"][code]
    chinese = reader.language == "zh" and "x-value-zh" in example
    value = example["x-value-zh"] if chinese else example["value"]
    link = f"[`{code}`](docs:status#{code})"
    assert code in TEXTS
    return [Prose(link), Code(pretty(value), "json", code)]
