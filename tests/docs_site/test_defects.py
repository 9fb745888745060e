"""The thirty-two mistakes that docs of such relays are known for, and that ours do not have: those
of pages, and that none of the thirty-two lacks its case."""

import json
import re

from tests.docs_site import test_defects_of_fields, test_defects_of_samples
from tests.docs_site.conftest import Made, inside
from tests.docs_site.told import CODES, ENDPOINTS, SUBMITS, answers, rows_in, texts
from waystation.control.docs_site.as_html import blocks_html
from waystation.control.docs_site.as_markdown import blocks_markdown
from waystation.control.docs_site.blocks import Call, Code, Fields, Samples, Status
from waystation.control.docs_site.build import blocks_of, markdown_of
from waystation.control.docs_site.field_rows import flat
from waystation.control.docs_site.offers import GroupRow, ModelPrice, Offers
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.specification import Specification
from waystation.control.docs_site.tree import PAGES, SECTIONS


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


def test_every_mistake_has_its_case() -> None:
    cases = [*globals(), *vars(test_defects_of_fields), *vars(test_defects_of_samples)]
    numbers = {int(found[1]) for name in cases if (found := re.match(r"test_defect_(\d\d)", name))}
    assert numbers == set(range(1, 33))
