"""Descriptions and shortened prompts, and the pictures that go on from them."""

import asyncio
import re
from typing import Any

import pytest

from tests.midjourney_emulated.site import Site

LINE = re.compile(r"[1-5]\ufe0f\u20e3 .+")
LONG = "a very beautiful red lantern floats over a really still pond at night --ar 48:1"


@pytest.fixture(scope="module")
def described(site: Site) -> dict[str, Any]:
    async def make() -> dict[str, Any]:
        drawn = await site.done(await site.imagine("two green trees and a red house --ar 3:2"))
        single = await site.pressed(drawn, ":upsample::1")
        return await site.done(await site.begun("describe", link=single["imageUrl"]))

    return asyncio.run(make())


@pytest.fixture(scope="module")
def narrow(site: Site) -> dict[str, Any]:
    """A description of a picture of few pixels, whose lines are drawn as quickly."""

    async def make() -> dict[str, Any]:
        drawn = await site.done(await site.imagine("a red boat on the sea --ar 48:1"))
        return await site.done(await site.begun("describe", link=drawn["imageUrls"][0]["url"]))

    return asyncio.run(make())


def _lines(text: str) -> list[str]:
    lines = text.split("\n\n")
    assert all(LINE.fullmatch(line) for line in lines), text
    return [line.partition(" ")[2] for line in lines]


async def test_a_description_tells_what_is_in_the_picture(
    site: Site, described: dict[str, Any]
) -> None:
    final = described["properties"]["finalPrompt"]
    assert final == described["prompt"] == described["promptEn"]
    assert described["properties"]["finalZhPrompt"] == ""
    lines = _lines(final)
    assert len(lines) == 4
    for line in lines:
        assert line.endswith("--ar 3:2")
    assert "tree" in final
    assert "house" in final
    assert (await site.load(described["imageUrl"]))[:4] == b"\x89PNG"
    assert [each["customId"] for each in described["buttons"]] == [
        *(f"MJ::Job::PicReader::{n}" for n in range(1, 5)),
        "MJ::Picread::Retry",
        "MJ::Job::PicReader::all",
    ]


async def test_a_described_line_is_drawn(site: Site, narrow: dict[str, Any]) -> None:
    line = _lines(narrow["prompt"])[1]
    window = await site.press(narrow, "PicReader::2")
    assert window["properties"]["finalPrompt"] == line
    shown = await site.confirmed(window)
    assert (shown["action"], shown["prompt"]) == ("IMAGINE", line)
    assert len(shown["imageUrls"]) == 4


async def test_all_lines_are_drawn(site: Site, narrow: dict[str, Any]) -> None:
    before = await site.spent()
    told = await site.press(narrow, "PicReader::all", state="s")
    ids = told["result"].split(",")
    shown = [await site.done(task_id) for task_id in ids]
    assert [each["state"] for each in shown] == ["s::1", "s::2", "s::3", "s::4"]
    assert [each["prompt"] for each in shown] == _lines(narrow["prompt"])
    async with asyncio.timeout(10):
        while await site.spent() < before + 0.3999:
            await asyncio.sleep(0.05)


async def test_a_picture_is_described_again(site: Site, described: dict[str, Any]) -> None:
    again = await site.pressed(described, "Picread::Retry")
    assert (again["action"], again["prompt"]) == ("DESCRIBE", described["prompt"])


async def test_a_prompt_is_shortened(site: Site) -> None:
    shown = await site.done(await site.begun("shorten", prompt=LONG))
    assert shown["prompt"] == LONG
    final = shown["properties"]["finalPrompt"]
    tokens, prompts = final.removeprefix("## Important tokens\n").split("\n## Shortened prompts\n")
    assert "**lantern**" in tokens
    assert "~~very~~" in tokens
    lines = _lines(prompts)
    assert len(lines) == 5
    assert len(lines[4]) < len(lines[0]) < len(LONG)
    assert shown["properties"]["finalZhPrompt"] == ""
    details = await site.pressed(shown, "PromptAnalyzerExtended")
    assert re.search(r"lantern \(0\.\d\d\)", details["properties"]["finalPrompt"])
    assert re.search(r"(?m)^█+░* lantern$", details["properties"]["finalPrompt"])
    drawn = await site.confirmed(await site.press(shown, "PromptAnalyzer::3"))
    assert (drawn["action"], drawn["prompt"]) == ("IMAGINE", lines[2])
