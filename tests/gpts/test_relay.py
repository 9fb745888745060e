"""gpt-4-all and GPTs through the relay: links of ours, files inside texts, failures unbilled."""

import json
from time import perf_counter
from typing import Any

import openai
import pytest

from tests.gpts.conftest import Begin
from tests.midjourney.pictures import png
from tests.support.files import Host
from tests.support.gateway import CHAT, KEY, channel, document, token
from tests.support.rogue import Rogue
from tests.support.script import RESET, STALL
from tests.support.wire import Reply
from tests.transport.hostile import URLS
from tests.transport.test_egress import Tripwire
from waystation.edge.gpts import links_kept
from waystation.edge.gpts.files_in_text import PAGES_MAX

pytestmark = pytest.mark.untraced

GPT = "gpt-4-gizmo-g-AbC123xyZ"
WIRE_BASE = "http://relay.test"
"""By the Host header of the tests' own client."""
PRICES = [
    {"model": "gpt-4-all", "per_call": "0.1"},
    {"model": "gpt-4-gizmo-*", "per_call": "0.2"},
]


def unofficial(rogue: Rogue, **more: Any) -> dict[str, Any]:
    models = ["gpt-4-all", "gpt-4-gizmo-*"]
    return channel("web", rogue.url, **{"vendor": "openai-compatible", "models": models, **more})


def wanted(*channels: dict[str, Any], **more: Any) -> dict[str, Any]:
    return document(channels, prices=PRICES, **more)


def ask(model: str = "gpt-4-all", content: Any = "draw a cat", **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content}], **fields}


def text_of(reply: Reply) -> str:
    if not reply.headers["content-type"].startswith("text/event-stream"):
        content: str = reply.json()["choices"][0]["message"]["content"]
        return content
    chunks = [json.loads(event) for event in reply.events if event != b"[DONE]"]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


def drawn(host: Host) -> str:
    picture = host.put("/files/cat.png", png("teal", (32, 32)))
    table = host.put("/files/cats.csv", b"name,age\ntom,3\n")
    page = "https://en.wikipedia.example/wiki/Cat"
    return (
        f'```json\n{{"prompt":"a cat"}}\n```\n\n![image]({picture})\n\n'
        f"[Click to download]({picture})"
        f"\n\n[the table]({table}), more at [Cat]({page}) and {picture}."
    )


def judge(text: str, host: Host, public: str = WIRE_BASE) -> list[str]:
    """The answer with our links in place of the files', the page's as it was."""
    base = f"{public}/files/"
    assert host.url not in text
    assert "(https://en.wikipedia.example/wiki/Cat)" in text
    ours = [part.split(")")[0].rstrip(".") for part in text.split(base)[1:]]
    assert len(ours) == 4
    assert len(set(ours)) == 2
    return [f"/files/{each}" for each in ours]


@pytest.mark.parametrize("size", [1, 3, 17, 10_000])
async def test_links_become_ours_however_the_stream_is_cut(begin, rogue, host, size) -> None:
    station = await begin(wanted(unofficial(rogue)), egress_allow="127.0.0.0/8")
    text = drawn(host)
    words = [text[at : at + size] for at in range(0, len(text), size)]
    rogue.answer(rogue.stream(rogue.chat_frames(words, usage=None)))
    reply = await station.request("POST", CHAT, ask(stream=True))
    assert reply.events[-1] == b"[DONE]"
    links = judge(text_of(reply), host)
    assert host.asked.count("/files/cat.png") == 1
    kept = await station.request("GET", links[0], None, None)
    assert (kept.status, kept.body) == (200, host.files["/files/cat.png"])
    table = await station.request("GET", links[2], None, None)
    assert table.headers["content-type"].startswith("text/csv")
    assert (await station.row(reply.request_id)).nanos == 100_000_000


async def test_in_a_whole_answer_and_in_other_dialects(begin, rogue, host) -> None:
    station = await begin(wanted(unofficial(rogue)), egress_allow="127.0.0.0/8")
    rogue.answer(rogue.chat("> 生成中 80%\n" + drawn(host)))
    reply = await station.request("POST", CHAT, ask())
    text = text_of(reply)
    judge(text, host)
    assert "生成中" not in text
    messages = {**ask(), "max_tokens": 100}
    told = (await station.request("POST", "/v1/messages", messages)).json()
    judge(told["content"][0]["text"], host)


async def test_progress_may_go_to_the_thoughts(begin, rogue) -> None:
    station = await begin(wanted(unofficial(rogue, tags=["progress:reasoning"])))
    rogue.answer(rogue.stream(rogue.chat_frames(["> 进度", " 10%\n", "done"])))
    reply = await station.request("POST", CHAT, ask(stream=True))
    assert text_of(reply) == "done"
    assert "进度 10%" in reply.body.decode()


async def test_what_cannot_be_had_stands_as_it_came(begin, rogue, host) -> None:
    """Not there, not a file, and where nobody may go."""
    station = await begin(wanted(unofficial(rogue)))  # no private address is allowed
    inner = host.put("/files/cat.png", png())
    text = f"![a]({inner}) ![b](http://169.254.169.254/x.png) ![c](https://[::1]/x.png)"
    rogue.answer(rogue.stream(rogue.chat_frames([text])))
    reply = await station.request("POST", CHAT, ask(stream=True))
    # The channel's own host is allowed to be private, by the operator's consent.
    assert text_of(reply).startswith(f"![a]({WIRE_BASE}/files/img/")
    assert "![b](http://169.254.169.254/x.png) ![c](https://[::1]/x.png)" in text_of(reply)
    host.put("/files/page.png", b"<html>no</html>")
    other = f"![a]({host.url}/files/page.png) ![b]({host.url}/none.png)"
    rogue.answer(rogue.stream(rogue.chat_frames([other])))
    assert text_of(await station.request("POST", CHAT, ask(stream=True))) == other


@pytest.mark.parametrize("stream", [True, False])
async def test_a_failure_told_as_an_answer_goes_on_to_the_next(begin, rogue, stream) -> None:
    with Rogue() as other:
        first = unofficial(rogue, priority=0, tags=["failure:cannot create"])
        second = unofficial(other, priority=1)
        station = await begin(wanted(first, {**second, "name": "other"}))
        told = "I'm sorry, but I cannot create that image for you."
        words = [told[at : at + 5] for at in range(0, len(told), 5)]
        rogue.answer(rogue.stream(rogue.chat_frames(words)) if stream else rogue.chat(told))
        other.answer(other.stream(other.chat_frames(["a cat"])) if stream else other.chat("a cat"))
        reply = await station.request("POST", CHAT, ask(stream=stream))
        assert (reply.status, text_of(reply)) == (200, "a cat")
        row = await station.row(reply.request_id)
        assert [each.outcome for each in row.attempts] == ["upstream_error", "answered"]
        assert row.nanos == 100_000_000


@pytest.mark.parametrize("stream", [True, False])
async def test_alone_it_is_an_error_that_costs_nothing(begin, rogue, stream) -> None:
    station = await begin(wanted(unofficial(rogue)))
    told = "You've reached the current usage cap for GPT-4. Ask user-ab12cd34 again later."
    rogue.answer(rogue.stream(rogue.chat_frames([told])) if stream else rogue.chat(told))
    reply = await station.request("POST", CHAT, ask(stream=stream))
    assert (reply.status, reply.error["code"]) == (429, "upstream_saturated")
    assert "user-ab12" not in reply.error["message"]
    row = await station.row(reply.request_id)
    assert (row.nanos, row.end) == (0, "failed")


async def test_a_stream_that_breaks_in_the_middle(begin, rogue) -> None:
    station = await begin(wanted(unofficial(rogue)))
    frames = rogue.chat_frames(["x" * 300, " ![a](https://half"], usage=None)[:-1]
    rogue.answer(rogue.stream(frames, done=False, end=(RESET,)))
    reply = await station.request("POST", CHAT, ask(stream=True))
    assert reply.status == 200
    assert "error" in json.loads(reply.events[-1])


# ---- files inside plain text ---------------------------------------------------------------------


def official(rogue: Rogue) -> dict[str, Any]:
    return channel("api", rogue.url, models=["gpt-4-all"], model_map={"gpt-4-all": "gpt-4o"})


async def sent(station: Any, rogue: Rogue, content: Any) -> Any:
    reply = await station.request("POST", CHAT, ask(content=content))
    assert reply.status == 200, reply.body
    return rogue.seen[-1].json()["messages"][0]["content"]


async def test_an_official_channel_gets_files_as_parts(begin, rogue, host) -> None:
    station = await begin(wanted(official(rogue)), egress_allow="127.0.0.0/8")
    rogue.answer(rogue.chat("a plan"))
    pdf = host.put("/plan.pdf", b"%PDF-1.7\n%plan")
    parts = await sent(station, rogue, f"{pdf}总结一下")
    assert [part["type"] for part in parts] == ["text", "file"]
    assert parts[0]["text"] == "总结一下"
    assert parts[1]["file"]["filename"] == "plan.pdf"
    assert parts[1]["file"]["file_data"].startswith("data:application/pdf;base64,")
    assert rogue.seen[-1].json()["model"] == "gpt-4o"
    picture, table = host.put("/a.png", png()), host.put("/t.csv", b"a,b\n1,2\n")
    parts = await sent(station, rogue, f"what is {picture} and {table} about?")
    assert [part["type"] for part in parts] == ["text", "image_url", "text"]
    assert parts[0]["text"] == "what is and about?"
    assert parts[1]["image_url"]["url"].startswith("data:image/png;base64,")
    assert parts[2]["text"] == "File t.csv:\n\na,b\n1,2\n"
    host.put("/article", b"<html>a page</html>")
    page = f"read {host.url}/article please"
    assert await sent(station, rogue, page) == page
    assert await sent(station, rogue, "no address") == "no address"


async def test_files_that_cannot_be_had_are_told(begin, rogue) -> None:
    station = await begin(wanted(official(rogue)))
    for address in (
        "http://169.254.169.254/a.pdf",
        "http://127.0.0.1:9/a.png",
        "http://[::1]/a.csv",
    ):
        reply = await station.request("POST", CHAT, ask(content=f"{address} what?"))
        assert (reply.status, reply.error["code"]) == (400, "image_fetch_failed"), address
        assert (await station.row(reply.request_id)).nanos == 0
    many = " ".join(f"https://f.example/{at}.png" for at in range(11))
    assert (await station.request("POST", CHAT, ask(content=many))).status == 400
    parts = [{"type": "text", "text": f"https://127.0.0.1/{at}.pdf"} for at in range(11)]
    assert (await station.request("POST", CHAT, ask(content=parts))).status == 400
    assert not rogue.seen


async def test_pages_are_no_files(begin, rogue, host) -> None:
    """They do not count as such, and no more of them are looked at than is sensible."""
    station = await begin(wanted(official(rogue)), egress_allow="127.0.0.0/8")
    rogue.answer(rogue.chat("read"))
    picture = host.put("/a.png", png())
    text = " ".join(f"{host.url}/wiki/{at}" for at in range(14))
    parts = await sent(station, rogue, f"{text} and {picture}")
    assert [part["type"] for part in parts] == ["text", "image_url"]
    assert parts[0]["text"].startswith(text)
    assert sum("/wiki/" in path for path in host.asked) == PAGES_MAX


async def test_dead_links_are_waited_for_together(begin, rogue, host, monkeypatch) -> None:
    """And not for ever: what is there is ours, the rest stands as it came."""
    monkeypatch.setattr(links_kept, "SECONDS_MAX", 0.7)
    good = host.put("/cat.png", png())
    with Rogue() as silent:
        silent.answer((STALL,))
        dead = [f"{silent.url}/{at}.png" for at in range(12)]
        text = " ".join(f"![x]({url})" for url in (good, *dead, good))
        station = await begin(wanted(unofficial(rogue)), egress_allow="127.0.0.0/8")
        for stream in (True, False):
            rogue.answer(rogue.stream(rogue.chat_frames([text])) if stream else rogue.chat(text))
            began = perf_counter()
            told = text_of(await station.request("POST", CHAT, ask(stream=stream)))
            assert perf_counter() - began < 5
            assert told.count(f"{WIRE_BASE}/files/img/") == 2
            assert [url for url in dead if url in told] == dead


async def test_an_unofficial_channel_gets_the_text_as_it_is(begin, rogue) -> None:
    station = await begin(wanted(unofficial(rogue)))
    rogue.answer(rogue.chat("a plan"))
    text = "https://files.example/plan.pdf总结一下"
    assert await sent(station, rogue, text) == text


# ---- GPTs ----------------------------------------------------------------------------------------


async def test_gpts_by_their_wildcard(begin: Begin, rogue: Rogue) -> None:
    tokens = [
        token(models=["gpt-4-gizmo-*"]),
        token("other", "sk-proofs-other-0123456789abcdef", models=["gpt-4-all"]),
    ]
    station = await begin(wanted(unofficial(rogue), tokens=tokens))
    rogue.answer(rogue.chat("I am a tool."))
    reply = await station.request("POST", CHAT, ask(f"{GPT}-my-tool", "Who are you?"))
    assert reply.status == 200, reply.body
    assert rogue.seen[-1].json()["model"] == GPT
    row = await station.row(reply.request_id)
    assert (row.facts.model, row.nanos) == (GPT, 200_000_000)
    refused = await station.request("POST", CHAT, ask(GPT), tokens[1]["key"])
    assert (refused.status, refused.error["code"]) == (403, "model_not_allowed")
    listed = (await station.request("GET", "/v1/models")).json()["data"]
    assert [each["id"] for each in listed] == ["gpt-4-gizmo-*"]
    rogue.answer(rogue.error(404, message="no such gizmo"))
    unknown = await station.request("POST", CHAT, ask("gpt-4-gizmo-g-none"))
    assert unknown.status == 404
    assert (await station.row(unknown.request_id)).nanos == 0


async def test_the_official_sdk(begin, rogue, host) -> None:
    station = await begin(wanted(unofficial(rogue)), egress_allow="127.0.0.0/8")
    text = drawn(host)
    words = [text[at : at + 4] for at in range(0, len(text), 4)]
    base_url = f"http://127.0.0.1:{station.port}/v1"
    async with openai.AsyncOpenAI(api_key=KEY, base_url=base_url, max_retries=0) as client:
        rogue.answer(rogue.stream(rogue.chat_frames(words)))
        told = ""
        async for chunk in await client.chat.completions.create(**ask(stream=True)):
            told += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        public = base_url.removesuffix("/v1")
        judge(told, host, public)
        rogue.answer(rogue.chat(text))
        whole = await client.chat.completions.create(**ask())
        judge(whole.choices[0].message.content or "", host, public)


async def test_no_link_leads_inside(begin, rogue) -> None:
    """As pictures of an answer, and as files in a question."""
    async with Tripwire() as tripwire:
        ports = str(tripwire.ports[0])
        hostile = [url.replace("{port}", ports) for url in URLS if "127.0.0.1:" not in url]
        with_parts = {"model_map": {"gpt-4o-all": "gpt-4o"}, "models": []}
        api = channel("api", rogue.url, **with_parts)
        prices = [*PRICES, {"model": "gpt-4o-all", "per_call": "0.1"}]
        channels = [unofficial(rogue), api]
        station = await begin({**document(channels, prices=prices)})
        for at in range(0, len(hostile), 20):
            words = [f"![x]({url}) " for url in hostile[at : at + 20]]
            rogue.answer(rogue.stream(rogue.chat_frames(words)))
            reply = await station.request("POST", CHAT, ask(stream=True))
            assert text_of(reply) == "".join(words)
        rogue.answer(rogue.chat("read"))
        for url in hostile:
            asked = ask("gpt-4o-all", f"{url.rstrip('/')}/x.pdf what is it?")
            reply = await station.request("POST", CHAT, asked)
            assert reply.status in (200, 400)
        assert tripwire.touched == 0
