"""Chinese prompts put into English by a chat model, where the operator wants that."""

import json
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.pictures import bare
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.midjourney.test_emulated import DEMO
from tests.support.rogue import Rogue
from tests.support.script import Script, Seen, reply

pytestmark = pytest.mark.untraced

PATH = "/v1/chat/completions"
WORDS = {"一只红色的狐狸": "a red fox", "一顶帽子": "a hat"}
ON = {"translate": "gpt-4o-mini"}


class Translator:
    """Knows some words; counts what it was asked."""

    def __init__(self, rogue: Rogue) -> None:
        self.rogue = rogue
        self.asked: list[str] = []
        rogue.on(PATH, self._answer)

    def _answer(self, seen: Seen) -> Script:
        body = seen.json()
        text = body["messages"][0]["content"].split("\n\n", 1)[1]
        self.asked.append(text)
        assert body["model"] == "gpt-4o-mini"
        said = WORDS.get(text, f"译文：{text}")
        told = {"choices": [{"message": {"role": "assistant", "content": f" {said}\n"}}]}
        return reply(200, json.dumps(told).encode())


@pytest.fixture
def translator(rogue: Rogue) -> Translator:
    return Translator(rogue)


def chatting(url: str, **more: Any) -> dict[str, Any]:
    own = {"vendor": "openai-compatible", "models": ["gpt-4o-mini"]}
    return {**channel("chat", url), **own, "groups": ["chat"], **more}


async def begun(begin: Begin, translator: Translator, *channels: Any, **midjourney: Any) -> Studio:
    groups = [{"name": "default"}, {"name": "chat"}]
    return await begin(
        [*channels, chatting(translator.rogue.url)],
        midjourney={**ON, **midjourney},
        wanted={"groups": groups},
    )


async def test_a_proxy_is_told_english_and_the_caller_sees_both(
    begin: Begin, proxy: FakeProxy, translator: Translator
) -> None:
    studio = await begun(begin, translator, channel("mj", proxy.url))
    prompt = "https://a.example/x.png 一只红色的狐狸 --ar 3:2"
    task_id = await studio.made(prompt)
    await studio.task(task_id, "SUBMITTED")
    english = "https://a.example/x.png a red fox --ar 3:2"
    assert proxy.submits()[-1].body["prompt"] == english
    proxy.jobs[-1].finish()
    shown = await studio.task(task_id, "SUCCESS")
    assert (shown["prompt"], shown["promptEn"]) == (prompt, english)
    assert shown["properties"]["finalPrompt"] == english
    assert shown["properties"]["finalZhPrompt"] == prompt
    # What goes on with it has its words in English already; other words are translated.
    window = (await studio.action(task_id, "MJ::CustomZoom::h"))["result"]
    proxy.on_submit(proxy.window())
    await studio.submit("modal", taskId=window)
    await studio.task(window, "SUBMITTED")
    assert proxy.submits()[-1].body["prompt"] == english
    assert translator.asked == ["一只红色的狐狸"]
    window = (await studio.action(task_id, "MJ::CustomZoom::h"))["result"]
    proxy.on_submit(proxy.window())
    await studio.submit("modal", taskId=window, prompt="一顶帽子 --zoom 1.5")
    await studio.task(window, "SUBMITTED")
    assert proxy.submits()[-1].body["prompt"] == "a hat --zoom 1.5"


async def test_what_is_drawn_here_is_drawn_from_the_english_words(
    begin: Begin, translator: Translator
) -> None:
    studio = await begun(begin, translator, DEMO)
    task_id = await studio.made("一只红色的狐狸 --ar 96:1 --seed 5")
    shown = await studio.task(task_id, "SUCCESS")
    assert shown["promptEn"] == "a red fox --ar 96:1 --seed 5"
    assert shown["properties"]["finalPrompt"] == shown["promptEn"]
    assert shown["properties"]["finalZhPrompt"] == "一只红色的狐狸 --ar 96:1 --seed 5"
    same = await studio.task(await studio.made("a red fox --ar 96:1 --seed 5"), "SUCCESS")
    pictures = [(await studio.picture(one["imageUrl"])).body for one in (shown, same)]
    assert pictures[0] == pictures[1]
    assert same["properties"]["finalZhPrompt"] == ""


async def test_descriptions_in_chinese_too(begin: Begin, translator: Translator) -> None:
    studio = await begun(begin, translator, DEMO)
    told = await studio.submit("describe", base64=bare(), language="zh_cn")
    shown = await studio.task(told["result"], "SUCCESS")
    assert shown["properties"]["finalZhPrompt"] == "译文：" + shown["properties"]["finalPrompt"]
    told = await studio.submit("describe", base64=bare())
    shown = await studio.task(told["result"], "SUCCESS")
    assert shown["properties"]["finalZhPrompt"] == ""


async def test_banned_words_are_looked_for_in_the_translation(
    begin: Begin, proxy: FakeProxy, translator: Translator
) -> None:
    studio = await begun(begin, translator, channel("mj", proxy.url), banned_words=["fox"])
    failed = await studio.task(await studio.made("一只红色的狐狸"), "FAILURE")
    assert failed["failReason"] == "[Banned prompt detected] 可能包含敏感词: fox"
    assert proxy.submits() == []
    assert (await studio.settled(failed["id"])).settle == "voided"


async def test_without_a_translation_the_prompt_goes_as_it_is(
    begin: Begin, proxy: FakeProxy, translator: Translator
) -> None:
    translator.rogue.on(PATH, Rogue.error(500))
    studio = await begun(begin, translator, channel("mj", proxy.url))
    shown = await studio.task(await studio.made("一只红色的狐狸"), "SUBMITTED")
    assert shown["promptEn"] == shown["prompt"]
    assert proxy.submits()[-1].body["prompt"] == "一只红色的狐狸"


async def test_off_unless_it_is_switched_on(
    begin: Begin, proxy: FakeProxy, translator: Translator
) -> None:
    studio = await begin([channel("mj", proxy.url), chatting(translator.rogue.url, groups=[])])
    await studio.task(await studio.made("一只红色的狐狸"), "SUBMITTED")
    assert proxy.submits()[-1].body["prompt"] == "一只红色的狐狸"
    assert translator.asked == []
