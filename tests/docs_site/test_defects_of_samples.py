"""Of the mistakes that docs of such relays are known for: those of samples and replies."""

import json
import re
from html import unescape
from typing import Any

import jsonschema
import pytest

from tests.docs_site.conftest import Made, inside
from tests.docs_site.told import ENDPOINTS, SUBMITS, answers, asked, rows_in, texts
from waystation.control.docs_site.as_html import blocks_html
from waystation.control.docs_site.as_markdown import blocks_markdown
from waystation.control.docs_site.blocks import Code, Samples
from waystation.control.docs_site.build import markdown_of
from waystation.control.docs_site.offers import ModelPrice, Offers
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.sample_requests import sample_request
from waystation.control.docs_site.specification import Specification
from waystation.control.docs_site.tree import PAGES, Page

RETIRED = re.compile(
    r"\b(text-(davinci|curie|babbage|ada)-\d+|code-davinci|gpt-4-vision-preview|gpt-4-32k"
    r"|gpt-3\.5-turbo-(0301|0613|16k)|gpt-4-(0314|1106-preview)|claude-(instant|1|2|3)\b"
    r"|claude-(sonnet|opus)-4-20250514|gemini-(pro|1\.[05])|palm|chat-bison)"
)
"""Names that their makers have switched off."""


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


def test_defect_12_no_sample_is_full_of_base64(made: Made, reader: Reader) -> None:
    """The picture in a sample is a small one that is really there."""
    for slug, text in texts(made, reader):
        for data in re.findall(r"[A-Za-z0-9+/=]{200,}", text):
            assert len(data) < 600, slug
        assert len(text) < 400_000, slug


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


def test_defect_29_no_picture_is_somebody_else_s(made: Made, reader: Reader) -> None:
    """Links in samples lead to this site, whose files stay."""
    for slug, text in texts(made, reader):
        for link in re.findall(r"https?://[^\s\"'`)<>\\]+\.(?:png|jpe?g|webp|gif|mp3|mp4)", text):
            assert link.startswith("https://relay.example/"), (slug, link)


@pytest.mark.parametrize("operation", ["embedContent", "batchEmbedContents"])
def test_an_embedding_is_asked_of_a_model_that_embeds(book: Specification, operation: str) -> None:
    """The one in the address, which the body may name again."""
    request = sample_request(book, operation, "")
    named = re.findall(r"models/([^\":]+)[:\"]", request.url + json.dumps(request.json))
    assert named
    assert {"embedding" in one for one in named} == {True}
    assert len(set(named)) == 1
