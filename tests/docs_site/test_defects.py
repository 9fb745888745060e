"""The thirty-two mistakes that docs of such relays are known for, and that ours do not have."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import jsonschema
import pytest

from tests.docs_site.conftest import Made, inside
from waystation.control.docs_site.as_html import blocks_html
from waystation.control.docs_site.as_markdown import blocks_markdown
from waystation.control.docs_site.blocks import Call, Code, Fields, Samples, Status
from waystation.control.docs_site.build import blocks_of, markdown_of
from waystation.control.docs_site.field_rows import FieldRow, flat, rows_of
from waystation.control.docs_site.offers import GroupRow, ModelPrice, Offers
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.specification import Specification, described
from waystation.control.docs_site.tree import PAGES, SECTIONS, Page

CODES = (1, 3, 4, 5, 9, 21, 22, 23, 24, 30)
"""Of what became of a submit."""
ENDPOINTS = [page for page in PAGES.values() if page.kind == "endpoint"]
SUBMITS = [page for page in ENDPOINTS if page.slug.startswith("midjourney/") and page.models]
RETIRED = re.compile(
    r"\b(text-(davinci|curie|babbage|ada)-\d+|code-davinci|gpt-4-vision-preview|gpt-4-32k"
    r"|gpt-3\.5-turbo-(0301|0613|16k)|gpt-4-(0314|1106-preview)|claude-(instant|1|2|3)\b"
    r"|claude-(sonnet|opus)-4-20250514|gemini-(pro|1\.[05])|palm|chat-bison)"
)
"""Names that their makers have switched off."""


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


@pytest.mark.parametrize("page", ENDPOINTS, ids=lambda page: page.slug)
def test_defect_04_each_reply_is_the_call_s_own(
    page: Page, made: Made, book: Specification
) -> None:
    """Each sample of a reply fits the schema of that very call."""
    replies = book.operation(page.operation)[2]["responses"]
    whole = {"components": book.document["components"]}
    for status, code in answers(made, page):
        content = book.resolved(replies[str(status.status)])["content"]
        if code.fence == "json":
            schema = whole | content["application/json"]["schema"]
            jsonschema.Draft202012Validator(schema).validate(json.loads(code.text))


def test_defect_04_replies_differ_from_call_to_call(made: Made) -> None:
    """Nothing like one static chat reply: a chat's answer stands on pages of chats alone."""
    for page in ENDPOINTS:
        chats = [code for _, code in answers(made, page) if '"chat.completion"' in code.text]
        assert bool(chats) == (page.operation == "createChatCompletion"), page.slug


def test_defect_05_a_submit_answers_with_a_task_s_id(made: Made) -> None:
    """Submit pages of Midjourney show `code` and `result`, no pictures' reply."""
    assert len(SUBMITS) >= 10
    for page in SUBMITS:
        told = [json.loads(code.text) for _, code in answers(made, page)]
        assert told[0]["code"] == 1, page.slug
        assert told[0]["result"], page.slug
        assert not any("data" in each for each in told), page.slug


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


def test_defect_08_json_is_json(made: Made, reader: Reader) -> None:
    """No comments, no trailing commas: every block of it parses, and no number stands in twice."""
    count = 0
    for slug, blocks in made.items():
        for block in re.findall(
            r"^(`{3,4})json\n(.*?)^\1$", blocks_markdown(blocks, reader), re.M | re.S
        ):
            json.loads(block[1], object_pairs_hook=_once)
            count += 1
        for block in inside(blocks):
            if isinstance(block, Code) and block.fence == "json":
                json.loads(block.text, object_pairs_hook=_once)
        assert blocks, slug
    assert count > 2000


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


def test_defect_09_a_get_has_no_body_and_its_path_no_fixed_id(made: Made) -> None:
    """An id is a parameter, told in a table of its own."""
    for page in ENDPOINTS:
        call = made[page.slug][0]
        assert isinstance(call, Call)
        where = {block.where for block in made[page.slug] if isinstance(block, Fields)}
        if call.method == "GET":
            assert not where & {"body", "form"}, page.slug
        assert not re.search(r"\d{4,}", call.url), page.slug
        assert ("{" in call.url) == ("path" in where), page.slug


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


def test_defect_12_no_sample_is_full_of_base64(made: Made, reader: Reader) -> None:
    """The picture in a sample is a small one that is really there."""
    for slug, text in texts(made, reader):
        for data in re.findall(r"[A-Za-z0-9+/=]{200,}", text):
            assert len(data) < 600, slug
        assert len(text) < 400_000, slug


def test_defect_13_an_array_of_pictures_is_an_array(made: Made) -> None:
    """`base64Array` is an array of text."""
    count = 0
    for page in ENDPOINTS:
        for row in rows_in(made, page).values():
            if row.name == "base64Array":
                count += 1
                assert row.kind == "array[string]", page.slug
    assert count >= 3


def test_defect_14_errors_have_samples_and_submits_their_codes(made: Made, reader: Reader) -> None:
    """Each page shows each refusal whole, with a link to what to do; Midjourney's numbers stand at
    the task."""
    for page in ENDPOINTS:
        refused = [
            block for block in made[page.slug] if isinstance(block, Status) and block.status >= 400
        ]
        assert refused or page.slug.startswith(("health/", "catalogue/")), page.slug
        for status in refused:
            samples = [json.loads(each.text) for each in status.blocks if isinstance(each, Code)]
            empty = status.status == 416  # of a range beyond the file: headers alone
            assert samples or empty, (page.slug, status.status)
            assert all(isinstance(each, dict) for each in samples)
    told = blocks_markdown(made["midjourney/fetch"], reader)
    for code in CODES:
        assert f"| {code} |" in told
    for page in SUBMITS:
        if page.operation == "midjourneyUpload":
            continue  # it answers at once with links, there is no task
        assert "midjourney/fetch" in blocks_markdown(made[page.slug], reader), page.slug


def test_defect_15_statuses_and_actions_are_listed(
    made: Made, reader: Reader, book: Specification
) -> None:
    """At the task, all of them, and in its schema."""
    told = blocks_markdown(made["midjourney/fetch"], reader)
    statuses = book.schema("MidjourneyTask")["properties"]["status"]["enum"]
    assert len(statuses) == 7
    for status in statuses:
        assert f"| {status} |" in told
    for action in ("IMAGINE", "BLEND", "DESCRIBE", "SHORTEN", "UPSCALE", "VARIATION", "REROLL"):
        assert action in told
    for slug in ("suno/suno-fetch", "tasks/get-task"):
        (status,) = (
            row
            for block in inside(made[slug])
            if isinstance(block, Fields) and block.where == "reply application/json"
            for row in flat(block.rows)
            if row.path in ("status", "data.status")
        )
        assert {"SUCCESS", "FAILURE"} <= set(status.values), slug


def test_defect_16_a_stream_is_shown_where_it_is_asked_for(made: Made) -> None:
    """A page whose request can stream shows the events, of every kind, to the end."""
    count = 0
    for page in ENDPOINTS:
        streams = "stream" in rows_in(made, page) or page.operation == "streamGenerateContent"
        if not streams or page.operation in ("countResponseInput", "compactResponse"):
            continue  # these two take what a response takes, and answer whole
        events = [code.text for _, code in answers(made, page) if "data: " in code.text]
        # A page about a reply in one piece shows that one; the fields of events stand there too.
        fields = {b.where for b in inside(made[page.slug]) if isinstance(b, Fields)}
        assert "reply text/event-stream" in fields, page.slug
        assert events or "streamed" not in page.example, page.slug
        count += bool(events)
    assert count > 8


def _priced() -> Offers:
    models = [
        "gpt-4o-mini", "dall-e-3", "tts-1", "whisper-1", "mj_imagine", "only-there",
        "text-embedding-3-small", "claude-sonnet-4-5", "gemini-2.5-pro", "suno-v3.5",
    ]  # fmt: skip
    official = {"input": "2", "output": "4"}
    offered = tuple(
        ModelPrice(name, official, {"spare": {"input": "3", "output": "6"}}) for name in models
    )
    group = GroupRow("spare", "Spare", "1.5", ("AZ",), "About it.", "cheap", "slow")
    return Offers(models=offered, groups=(group,))


def test_defect_17_a_call_s_price_is_on_its_page(
    made: Made, reader: Reader, book: Specification
) -> None:
    """The price here of what the call is about, by group; and where a call is free, that."""
    offering = Reader(reader.language, book, _priced())
    for page in ENDPOINTS:
        text = blocks_markdown(made[page.slug], reader)
        _, found, prices = text.partition(f"\n## {reader.word('prices')}\n")
        assert found, page.slug
        if not page.models:
            assert reader.word("no_cost") in prices, page.slug
    for slug, model in (("chat/whole", "gpt-4o-mini"), ("midjourney/imagine", "mj_imagine"),
                        ("audio/speech", "tts-1"), ("images/dall-e-3", "dall-e-3")):  # fmt: skip
        text = markdown_of(PAGES[slug], offering)
        assert f"| `{model}` | `spare` × 1.5 | " in text.partition(f"## {reader.word('prices')}")[2]


def test_defect_18_limits_are_on_the_page(made: Made, reader: Reader) -> None:
    """The body's, the picture's, the rate's: figures of this deployment."""
    for page in ENDPOINTS:
        text = blocks_markdown(made[page.slug], reader)
        limits = text.partition(f"\n## {reader.word('limits')}\n")[2]
        assert "429" in limits, page.slug
        content = reader.specification.operation(page.operation)[2].get("requestBody")
        if content is not None and page.models:
            assert re.search(r"\d (?:MiB|KiB|GiB)", limits), page.slug


def test_defect_19_models_lead_to_groups(reader: Reader, book: Specification) -> None:
    """The page about groups has a row for each model and group, with a field to find one."""
    offering = Reader(reader.language, book, _priced())
    text = markdown_of(PAGES["groups/prices"], offering)
    for each in _priced().models:
        assert f"| `{each.model}` | `spare` × 1.5 |" in text
    page = PAGES["groups/prices"]
    assert "data-find" in blocks_html(blocks_of(page, offering), offering)


def test_defect_20_a_token_is_explained_in_words_and_by_api(made: Made, reader: Reader) -> None:
    """The page about making a token has no picture, but steps and a call."""
    html = blocks_html(made["groups/token"], reader)
    assert "<img" not in html
    assert html.count("<li>") >= 8
    assert "/api/token/" in html


def test_defect_21_copied_code_has_no_line_numbers(made: Made, reader: Reader) -> None:
    """What stands in the page as code is the program's text and nothing else."""
    for page in ENDPOINTS[::9]:
        html = blocks_html(made[page.slug], reader)
        (samples,) = (block for block in made[page.slug] if isinstance(block, Samples))
        shown = re.findall(
            r'<details class="sample".*?<pre[^>]*><code[^>]*>(.*?)</code></pre>', html, re.S
        )
        plain = [unescape(re.sub(r"<[^>]+>", "", each)) for each in shown]
        told = [each.text.strip() for each in samples.samples]
        assert [each.strip() for each in plain] == told, page.slug
    for slug, text in texts(made, reader):
        assert not re.search(r"^\s*\d+ +(?:curl|import|const|from) ", text, re.M), slug


def test_defect_22_no_sample_names_a_dead_model(
    made: Made, reader: Reader, book: Specification
) -> None:
    """No retired name anywhere; and where the site does not offer the name, one that it offers."""
    for slug, text in texts(made, reader):
        assert not RETIRED.search(text), (slug, RETIRED.search(text))
    only = ModelPrice("house-model", {"input": "1"}, {"default": {"input": "1"}})
    elsewhere = Reader(reader.language, book, Offers(models=(only,)))
    text = markdown_of(PAGES["chat/whole"], elsewhere)
    assert '"model": "house-model"' in text
    assert "gpt-4o-mini" not in text.partition("### 40")[0]


def test_defect_23_no_sample_loops_for_ever(made: Made, reader: Reader) -> None:
    """What is copied sends one request."""
    for slug, text in texts(made, reader):
        assert not re.search(r"while[ (]+(?:True|true|1)\b|for \(;;\)|^\s*loop do|until false",
                             text, re.M), slug  # fmt: skip


def test_defect_24_the_client_sets_the_form_s_header(made: Made, reader: Reader) -> None:
    """Nobody is told to write `Content-Type: multipart/form-data`, which lacks the boundary."""
    for page in ENDPOINTS:
        rows = rows_in(made, page)
        assert "content-type" not in {row.name.lower() for row in rows.values()}, page.slug
        for block in made[page.slug]:
            if isinstance(block, Samples):
                for sample in block.samples:
                    # With its boundary where a program makes the form itself.
                    assert not re.search(
                        r"content-type[\"']?\s*(?::|=>?|,)\s*[\"']?multipart/form-data[\"'\s]*$",
                        sample.text,
                        re.M | re.I,
                    ), (page.slug, sample.variant)


def test_defect_25_sound_is_sound(book: Specification, made: Made) -> None:
    """The reply of speech is bytes of a media type of sound, saved to a file by the samples."""
    replies = {media: node for _, media, node in book.media("createSpeech")}
    assert replies["audio/mpeg"]["schema"]["format"] == "binary"
    sounds = [media for media in replies if media.startswith("audio/")]
    assert len(sounds) == 6
    (samples,) = (block for block in made["audio/speech"] if isinstance(block, Samples))
    for sample in samples.samples:
        if sample.variant != "http":  # saved, or played by the browser
            assert ".mp3" in sample.text or "new Audio(" in sample.text, sample.variant


def test_defect_26_no_stray_headers(made: Made, reader: Reader) -> None:
    """Samples send what the call needs."""
    needed = {"authorization", "content-type", "accept-language", "idempotency-key", "host",
              "content-length", "anthropic-version", "x-goog-api-key", "x-api-key"}  # fmt: skip
    for page in ENDPOINTS:
        for block in made[page.slug]:
            if isinstance(block, Samples):
                curl = next(each.text for each in block.samples if each.variant == "curl")
                sent = {name.lower() for name in re.findall(r"-H '([\w-]+):", curl)}
                assert sent <= needed, (page.slug, sent - needed)
    for slug, text in texts(made, reader):
        assert "X-Forwarded-Host" not in text, slug


def test_defect_27_the_answer_names_the_model_that_was_asked(
    made: Made, book: Specification
) -> None:
    """`model` of the reply is `model` of the request."""
    count = 0
    for page in ENDPOINTS:
        request = asked(book, page)
        if not isinstance(request, dict) or "model" not in request:
            continue
        for status, code in answers(made, page):
            for model in re.findall(r'"model": ?"([^"]+)"', code.text):
                assert model == request["model"], (page.slug, status.status)
                count += 1
    assert count > 30


def test_defect_28_what_is_required_has_no_default(made: Made) -> None:
    """And nothing that has one is called required."""
    for slug, blocks in made.items():
        for block in inside(blocks):
            if isinstance(block, Fields) and not block.where.startswith(("reply", "object")):
                for row in flat(block.rows):
                    assert not (row.required and row.default), (slug, row.path)
                    assert not (row.required and re.search("default", row.text, re.I)), (
                        slug, row.path)  # fmt: skip


def test_defect_29_no_picture_is_somebody_else_s(made: Made, reader: Reader) -> None:
    """Links in samples lead to this site, whose files stay."""
    for slug, text in texts(made, reader):
        for link in re.findall(r"https?://[^\s\"'`)<>\\]+\.(?:png|jpe?g|webp|gif|mp3|mp4)", text):
            assert link.startswith("https://relay.example/"), (slug, link)


def test_defect_30_nothing_is_for_whole_answers_only(made: Made, reader: Reader) -> None:
    """Functions and schemas are told for streams too."""
    for slug, text in texts(made, reader):
        assert not re.search(
            r"non-stream(ed|ing)? only|only non-stream|仅(支持)?非流", text, re.I
        ), slug
    told = blocks_markdown(made["chat/function-calling"], reader)
    assert "`delta.tool_calls[]`" in told
    assert "reply text/event-stream" in {
        b.where for b in inside(made["chat/function-calling"]) if isinstance(b, Fields)
    }


def test_defect_31_no_call_stands_under_not_supported() -> None:
    """Titles say what a call does; none has a section for what does not work."""
    for section in SECTIONS:
        for title in (section.title, *(page.title for page in section.pages)):
            assert not re.search(
                r"not (supported|built|implemented|available)"
                r"|不支持|暂不|未实现|尚未(提供|支持)|未提供",
                title.en + title.zh,
                re.I,
            )


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


def test_every_mistake_has_its_case() -> None:
    numbers = {
        int(found[1]) for name in globals() if (found := re.match(r"test_defect_(\d\d)", name))
    }
    assert numbers == set(range(1, 33))
