"""The page of a call: parameters, samples, every reply, price and limits here, try-it."""

from typing import Any

import msgspec

from waystation.control.docs_site.blocks import (
    Block,
    Call,
    Code,
    Fields,
    Heading,
    Prose,
    Sample,
    Samples,
    Table,
    Try,
)
from waystation.control.docs_site.field_rows import FieldRow, rows_of
from waystation.control.docs_site.limits import RATE, limits_of
from waystation.control.docs_site.models import chosen
from waystation.control.docs_site.price_table import prices_of
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.replies import statuses
from waystation.control.docs_site.sample_requests import authorization, sample_request
from waystation.control.docs_site.samples import LANGUAGES, SampleRequest
from waystation.control.docs_site.samples.request import pretty
from waystation.control.docs_site.specification import Node, described
from waystation.control.docs_site.tree.page import Page

_POLLED = {"Midjourney": "midjourney", "Suno": "suno", "Images": "task"}


def endpoint_blocks(page: Page, reader: Reader) -> list[Block]:
    specification = reader.specification
    method, path, told = specification.operation(page.operation)
    model = _model(page, reader, told)
    request = sample_request(specification, page.operation, page.example, model)
    blocks: list[Block] = [Call(method.upper(), path, tuple(told.get("x-aliases", ())))]
    if page.about.en:
        blocks.append(Prose(reader.filled(page.about.of(reader.language))))
    text = described(told, reader.language)
    if text:
        blocks.append(Prose(text))
    blocks += _parameters(reader, told)
    blocks += _example(reader, request)
    blocks += _samples(reader, request)
    blocks.append(Heading(2, "replies", reader.word("replies")))
    blocks += statuses(reader, page.operation, page.example, model)
    blocks.append(Heading(2, "prices", reader.word("prices")))
    blocks += prices_of(reader, page.models) if page.models else [Prose(reader.word("no_cost"))]
    blocks += _limits(reader, page.operation)
    blocks.append(Heading(2, "try", reader.word("try")))
    blocks.append(_try(path, told, request))
    return blocks


def _model(page: Page, reader: Reader, told: Node) -> str:
    """ "" where the example names none."""
    asked = sample_request(reader.specification, page.operation, page.example)
    named = asked.json.get("model", "") if isinstance(asked.json, dict) else ""
    named = named or next((part.text for part in asked.form if part.name == "model"), "")
    if not named:
        named = next(
            (p["example"] for p in told["parameters"] if p["name"] == "model" and "example" in p),
            "",
        )
    kind = page.models or "chat"
    return chosen(kind, named, reader.offers.names) if named else ""


def _parameters(reader: Reader, told: Node) -> list[Block]:
    blocks: list[Block] = [Heading(2, "request", reader.word("parameters"))]
    blocks.append(Heading(3, "authorization", reader.word("authorization")))
    blocks.append(_authorization(reader, told))
    for where in ("path", "query", "header"):
        rows = [_parameter(reader, one) for one in told["parameters"] if one["in"] == where]
        if rows:
            name = "headers" if where == "header" else where
            blocks.append(Heading(3, f"in-{where}", reader.word(name)))
            blocks.append(Fields(where, tuple(rows)))
    for media, made in told.get("requestBody", {}).get("content", {}).items():
        where = "form" if media.startswith("multipart") else "body"
        blocks.append(Heading(3, f"in-{where}", f"{reader.word('body')} · {media}"))
        schema = reader.specification.resolved(made["schema"])
        text = described(schema, reader.language)
        if text:
            blocks.append(Prose(text))
        blocks.append(Fields(where, rows_of(reader.specification, made["schema"], reader.language)))
    return blocks


def _authorization(reader: Reader, told: Node) -> Block:
    shown = authorization(told)
    if not shown:
        return Prose(reader.word("no_auth"))
    name, value = shown[0]
    secret = "Bearer " + "*" * 20
    ours = "[" + reader.word("session_auth") + "](docs:groups/token)"
    return Prose(f"`{name}: {secret}`" + (f" ({ours})" if "ACCESS" in value else ""))


def _parameter(reader: Reader, told: Node) -> FieldRow:
    (row,) = rows_of(
        reader.specification,
        {
            "properties": {told["name"]: told["schema"]},
            "required": [told["name"]] if told["required"] else [],
        },
        reader.language,
    )
    example = told.get("example")
    return msgspec.structs.replace(
        row, limits=(*row.limits, *((("example", str(example)),) if example is not None else ()))
    )


def _example(reader: Reader, request: SampleRequest) -> list[Block]:
    if request.json is None:
        return []
    title = reader.word("request_example")
    return [Heading(3, "example", title), Code(pretty(request.json), "json", "JSON")]


def _samples(reader: Reader, request: SampleRequest) -> list[Block]:
    made: list[Sample] = []
    for language in LANGUAGES:
        for variant in language.variants:
            text = variant.write(request)
            if text is not None:
                made.append(
                    Sample(
                        language.name,
                        language.title,
                        variant.name,
                        variant.title,
                        variant.fence,
                        text,
                    )
                )
    return [Heading(2, "samples", reader.word("samples")), Samples(tuple(made))]


def _limits(reader: Reader, operation: str) -> list[Block]:
    rows = limits_of(reader.specification, operation, reader.language)
    blocks: list[Block] = [Heading(2, "limits", reader.word("limits"))]
    if rows:
        blocks.append(Table((reader.word("limit"), reader.word("figure")), tuple(rows)))
    blocks.append(Prose(RATE.of(reader.language)))
    return blocks


def _try(path: str, told: Node, request: SampleRequest) -> Try:
    params = tuple(
        (one["name"], one["in"], str(one.get("example", "")) if one["required"] else "")
        for one in told["parameters"]
        if one["in"] in ("path", "query")
    )
    form = tuple((part.name, part.file or part.text, bool(part.file)) for part in request.form)
    # The model stands in the path of some calls.
    params = tuple((n, w, _from(request, path, n, e)) for n, w, e in params)
    return Try(
        request.method,
        path,
        params,
        tuple((n, v) for n, v in request.headers if n != "Authorization"),
        pretty(request.json) if request.json is not None else "",
        form,
        _POLLED.get(told["tags"][0], "") if request.method == "POST" else "",
        request.headers[0][0] if request.headers else "",
    )


def _from(request: SampleRequest, path: str, name: str, example: str) -> str:
    if name == "alt":
        return "sse"
    if name != "model":
        return example
    before, _, after = path.partition("{model}")
    target: Any = request.target.partition("?")[0]
    return str(target[len(before) : len(target) - len(after)])
