"""Translations of models that only write down what they hear: a transcript, and a chat."""

import json
from typing import Any

import pytest

from tests.pictures.studio import Form, Reply, Studio
from tests.sound.conftest import Begin
from tests.sound.sounds import sound, written
from tests.sound.test_hearing import SEGMENTS, form_of, hear
from tests.support.rogue import STALL, Rogue

PATH = "/v1/audio/translations"
EAR = "gpt-4o-mini-transcribe"
PRICES = f"""
[[prices]]
model = "{EAR}"
per_second = "0.001"

[[prices]]
model = "ear"
per_second = "0.001"

[[prices]]
model = "talk"
input = "1"
output = "2"
"""
USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}


def chatted(content: str) -> tuple[Any, ...]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}}
    choice["finish_reason"] = "stop"
    told = {"id": "c", "object": "chat.completion", "created": 1, "model": "talk"}
    return Rogue.reply(200, json.dumps({**told, "choices": [choice], "usage": USAGE}).encode())


async def opened(begin: Begin, **more: Any) -> Studio:
    return await begin(translation_model="talk", prices=PRICES, **more)


async def translate(studio: Studio, **more: Any) -> Reply:
    return await hear(studio, path=PATH, **{"model": EAR, **more})


async def test_a_transcript_and_a_chat(begin: Begin) -> None:
    studio = await opened(begin)
    studio.near.queue(written(text="Guten Morgen."), chatted("1|Good morning."))
    reply = await translate(studio)
    assert (reply.status, reply.json()["text"]) == (200, "Good morning.")
    heard, asked = studio.near.seen
    assert heard.path == "/v1/audio/transcriptions"
    assert form_of(heard.body)["response_format"] == "json"
    body = json.loads(asked.body)
    assert (asked.path, body["model"]) == ("/v1/chat/completions", "talk")
    assert body["messages"][-1]["content"] == "1|Guten Morgen."
    row = await studio.row(reply.request_id)
    assert (row.facts.operation, row.nanos) == ("translation", 2_000_000)
    chat = await studio.row(reply.headers["x-waystation-second"])
    assert (chat.facts.operation, chat.nanos) == ("chat", 100 * 1_000 + 10 * 2_000)
    assert chat.facts.token_id == row.facts.token_id


async def test_in_each_form(begin: Begin) -> None:
    studio = await opened(begin)
    heard = written(text="die Tür ist offen", segments=SEGMENTS, words=[{"word": "die"}])
    chat = chatted("Here you are:\n1| the door\n2| is open")
    for form in ("json", "text", "srt", "vtt", "verbose_json"):
        timed = form not in ("json", "text")
        one = chat if timed else chatted("1|the door is open")
        studio.near.queue(heard if timed else written(text="die Tür ist offen"), one)
        reply = await translate(studio, response_format=form)
        assert reply.status == 200, reply.body
        if form == "text":
            assert reply.body == b"the door is open\n"
        elif form == "srt":
            assert b"00:00:01,250 --> 00:00:02,000\nis open" in reply.body
        elif form == "vtt":
            assert b"00:00:00.000 --> 00:00:01.250\nthe door" in reply.body
        else:
            assert reply.json()["text"] == "the door is open"
    told = reply.json()
    assert (told["task"], told["language"], "words" in told) == ("translate", "english", False)
    assert [one["text"] for one in told["segments"]] == ["the door", "is open"]


async def test_a_model_that_translates_is_left_to_it(begin: Begin) -> None:
    studio = await opened(begin)
    studio.near.answer(written())
    reply = await translate(studio, model="ear")
    assert studio.near.seen[0].path == PATH
    assert "x-waystation-second" not in reply.headers
    silent = await opened_silent(studio)
    assert (silent.status, silent.json()["text"]) == (200, "")


async def opened_silent(studio: Studio) -> Reply:
    """Silence needs no translation."""
    studio.near.answer(Rogue.reply(200, b'{"text":" "}'))
    reply = await translate(studio)
    assert len(studio.near.seen) == 2
    return reply


async def test_a_channel_may_say_that_it_does_not(begin: Begin) -> None:
    studio = await opened(begin, more='tags = ["no-translation"]')
    studio.near.queue(written(text="Guten Morgen."), chatted("Good morning."))
    assert (await translate(studio, model="ear")).json()["text"] == "Good morning."


async def test_without_such_a_model_the_upstream_is_asked(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    refusal = b'{"error":{"message":"this model does not translate","code":"invalid_value"}}'
    studio.near.answer(Rogue.reply(400, refusal))
    reply = await translate(studio)
    assert (reply.status, studio.near.seen[0].path) == (400, PATH)


@pytest.mark.parametrize("answer", [Rogue.error(500), chatted("2|only the second"), chatted("")])
async def test_a_chat_that_fails_makes_both_free(begin: Begin, answer: Any) -> None:
    """Lines that are left out are a failure too; another channel may do better."""
    studio = await opened(begin)
    heard = written(text="die Tür ist offen", segments=SEGMENTS)
    studio.near.queue(heard, answer)
    studio.far.answer(answer)
    reply = await translate(studio, response_format="srt")
    assert reply.status in (500, 502), reply.body
    assert "While it was translated" in reply.json()["error"]["message"]
    assert (await studio.row(reply.request_id)).nanos == 0
    assert (await studio.row(reply.headers["x-waystation-second"])).nanos == 0
    assert [seen.path for seen in studio.near.seen].count("/v1/audio/transcriptions") == 1


async def test_a_client_that_leaves_while_it_is_translated(begin: Begin) -> None:
    studio = await opened(begin)
    studio.near.queue(written(text="Guten Morgen."), (STALL,))
    form = Form([("model", None, EAR.encode()), ("file", "a.mp3", sound())])
    _, writer = await studio.open(PATH, form.body(), form.content_type)
    await studio.near.until(lambda: len(studio.near.seen) == 2)
    writer.close()
    await studio.near.until(lambda: studio.near.links[-1].closed_by == "peer")
    await studio.settled()


async def test_no_money_for_the_chat(begin: Begin) -> None:
    studio = await opened(begin, credit="0.0021")
    studio.near.answer(written(text="Guten Morgen. " * 60))
    reply = await translate(studio)
    assert reply.status == 402
    assert (await studio.row(reply.request_id)).nanos == 0


async def test_one_place_is_enough_for_both(begin: Begin) -> None:
    """The chat is part of what waits for it: it does not wait for that one's place."""
    one_at_a_time = "limits = { concurrency = 1 }\n"
    studio = await begin(translation_model="talk", prices=one_at_a_time + PRICES)
    for _ in range(2):
        studio.near.queue(written(text="Guten Morgen."), chatted("1|Good morning."))
        reply = await translate(studio)
        assert (reply.status, reply.json()["text"]) == (200, "Good morning.")
