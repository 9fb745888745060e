"""The other forms: Ideogram's, Recraft's, chat with a model that draws, chat-only channels."""

import json
from datetime import datetime
from typing import Any

import pytest

from tests.pictures.conftest import Begin
from tests.pictures.studio import CENT, Studio, b64, images, png
from tests.support.rogue import Rogue

PNG = png()
ANSWER = images({"b64_json": b64(PNG)})
PRICES = """
[[prices]]
model = "ideogram*"
per_image = "0.08"

[[prices]]
model = "recraft*"
per_image = "0.04"

[[prices]]
model = "flux*"
per_image = "0.05"
"""


def chat_answer(content: Any, **message: Any) -> Any:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}}
    return Rogue.reply(200, json.dumps({"id": "c-1", "choices": [choice]}).encode())


@pytest.mark.parametrize("wrapped", [True, False])
async def test_ideogram(begin: Begin, wrapped: bool) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(
        images({"b64_json": b64(PNG), "seed": 12345}, {"is_image_safe": False, "url": None})
    )
    order: dict[str, Any] = {"prompt": "fox", "aspect_ratio": "ASPECT_16_9", "num_images": 2}
    reply = await studio.post(
        "/ideogram/generate", **({"image_request": order} if wrapped else order)
    )
    assert reply.status == 200, reply.body
    shown = reply.json()
    assert datetime.fromisoformat(shown["created"]).tzinfo is not None
    assert shown["created"].endswith("Z")
    good, bad = shown["data"]
    assert (good["is_image_safe"], good["prompt"], good["seed"]) == (True, "fox", 12345)
    assert good["resolution"] == "8x8"
    assert (bad["is_image_safe"], bad["url"]) == (False, None)
    assert (await studio.file(good["url"])).body == PNG
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.facts.model) == (8 * CENT, "ideogram-v2")
    sent = json.loads(studio.near.seen[0].body)
    assert (sent["aspect_ratio"], sent["n"]) == ("16:9", 2)


async def test_ideogram_all_blocked_is_an_answer_that_costs_nothing(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(images({"is_image_safe": False, "url": None}))
    reply = await studio.post("/ideogram/generate", prompt="fox", model="V_1_TURBO")
    assert (reply.status, reply.json()["data"][0]["is_image_safe"]) == (200, False)
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.facts.model) == (0, "ideogram-v1-turbo")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "prompt"),
    ({"prompt": "x", "num_images": 9}, "num_images"),
    ({"prompt": "x", "aspect_ratio": "ASPECT_0_1"}, "aspect_ratio"),
    (
        {"prompt": "x", "aspect_ratio": "ASPECT_1_1", "resolution": "512x512"},
        "resolution",
    ),
    ({"prompt": "x", "seed": -1}, "seed"),
    ({"image_request": "x"}, "image_request"),
]


async def test_ideogram_refusals(studio: Studio) -> None:
    for order, param in REFUSED:
        reply = await studio.post("/ideogram/generate", **order)
        assert (reply.status, reply.json()["error"]["param"]) == (400, param), order


async def test_recraft(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(ANSWER)
    order = {"prompt": "paper boat", "size": "1365x1024", "style": "digital_illustration"}
    more = {"style_id": "x", "controls": {"colors": [{"rgb": [1, 2, 3]}]}}
    reply = await studio.post("/recraft/v1/images/generations", **order, **more)
    assert reply.status == 200, reply.body
    sent = json.loads(studio.near.seen[0].body)
    assert sent == {"model": "recraftv3", **order, **more}
    assert (await studio.row(reply.request_id)).nanos == 4 * CENT


async def test_recraft_through_a_relay_that_speaks_it(begin: Begin) -> None:
    more = 'operations = ["recraft"]'
    studio = await begin(vendor="openai-compatible", more=more, prices=PRICES)
    studio.near.answer(ANSWER)
    for path in ("/recraft/v1/images/generations", "/v1/images/generations"):
        reply = await studio.post(path, model="recraftv3", prompt="boat")
        assert reply.status == 200, reply.body
    assert {seen.path for seen in studio.near.seen} == {"/recraft/v1/images/generations"}


async def test_a_vector_is_kept_as_svg_in_a_sandbox(studio: Studio) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><path d="M0 0"/></svg>'
    studio.near.answer(images({"b64_json": b64(svg)}))
    reply = await studio.draw(style="vector_illustration")
    file = await studio.file(reply.json()["data"][0]["url"])
    assert file.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in file.headers["content-security-policy"]


async def test_chat_with_a_model_that_draws(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.on("/v1/images/generations", ANSWER)
    turns = [{"role": "user", "content": "no"}, {"role": "user", "content": "fox, ink"}]
    reply = await studio.post("/v1/chat/completions", model="flux-pro", messages=turns)
    assert reply.status == 200, reply.body
    message = reply.json()["choices"][0]["message"]
    assert message["content"].startswith("![image](http://studio.test/files/")
    assert (await studio.file(message["content"][9:-1])).body == PNG
    assert json.loads(studio.near.seen[0].body)["prompt"] == "fox, ink"
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.facts.operation) == (5 * CENT, "image")


async def test_chat_streamed_with_a_model_that_draws(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.on("/v1/images/generations", ANSWER)
    reply = await studio.post(
        "/v1/chat/completions",
        model="flux-pro",
        stream=True,
        stream_options={"include_usage": True},
        messages=[{"role": "user", "content": "fox"}],
    )
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.body.endswith(b"data: [DONE]\n\n")
    events = reply.events()
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    text = "".join(e["choices"][0]["delta"].get("content", "") for e in events if e["choices"])
    assert (await studio.file(text[9:-1])).body == PNG
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["usage"]["total_tokens"] == 0
    assert (await studio.row(reply.request_id)).nanos == 5 * CENT


async def test_chat_with_a_picture_is_an_edit(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.on("/v1/images/edits", ANSWER)
    content = [
        {"type": "text", "text": "add a hat"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64(PNG)}"}},
    ]
    turns = [{"role": "user", "content": content}]
    reply = await studio.post("/v1/chat/completions", model="flux-kontext-pro", messages=turns)
    assert reply.status == 200, reply.body
    assert PNG in studio.near.seen[0].body


async def test_a_priced_model_of_any_name_draws_in_chat(studio: Studio) -> None:
    studio.near.on("/v1/images/generations", ANSWER)
    turns = [{"role": "user", "content": "fox"}]
    reply = await studio.post("/v1/chat/completions", model="m", messages=turns)
    assert "![image](" in reply.json()["choices"][0]["message"]["content"]
    assert (await studio.row(reply.request_id)).nanos == 2 * CENT


async def test_chat_stays_chat_on_a_channel_that_chats_alone(begin: Begin) -> None:
    studio = await begin(more='operations = ["chat"]', prices=PRICES)
    studio.near.answer(chat_answer("![image](https://cdn.example.com/1.png)"))
    turns = [{"role": "user", "content": "fox"}]
    reply = await studio.post("/v1/chat/completions", model="flux-pro", messages=turns)
    assert "cdn.example.com" in reply.json()["choices"][0]["message"]["content"]
    row = await studio.row(reply.request_id)
    assert (row.facts.operation, row.nanos) == ("chat", 5 * CENT)


@pytest.mark.parametrize(
    "content",
    [
        "Here you are:\n![a fox](URL)\n[download](URL)",
        "> done\nURL",
        "see [picture](URL) (24 h)",
        "![image](DATA)",
        "DATA",
        [{"type": "image_url", "image_url": {"url": "URL"}}],
        [{"type": "text", "text": "![x](DATA)"}],
    ],
)
async def test_a_chat_only_channel_on_the_images_route(begin: Begin, content: Any) -> None:
    studio = await begin(more='operations = ["chat"]')
    near = studio.near
    address = f"{near.url}/out/1.png"
    data = f"data:image/png;base64,{b64(PNG)}"
    text = json.dumps(content).replace("URL", address).replace("DATA", data)
    near.on("/out/1.png", near.reply(200, PNG))
    near.on("/v1/chat/completions", chat_answer(json.loads(text)))
    reply = await studio.draw(size="1024x1024")
    assert reply.status == 200, reply.body
    (entry,) = reply.json()["data"]
    assert (await studio.file(entry["url"])).body == PNG
    assert (await studio.row(reply.request_id)).nanos == 2 * CENT
    sent = json.loads(near.seen[0].body)
    assert sent["messages"][0]["content"].startswith("a boat")


async def test_pictures_beside_the_text_of_a_chat_answer(begin: Begin) -> None:
    studio = await begin(more='operations = ["chat"]')
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64(PNG)}"}}
    studio.near.answer(chat_answer("done", images=[part]))
    assert (await studio.draw()).status == 200


async def test_no_picture_in_the_text_is_a_failure_unbilled(begin: Begin) -> None:
    studio = await begin(more='operations = ["chat"]')
    studio.near.answer(chat_answer("Sorry, see https://example.com/help for help."))
    studio.far.answer(Rogue.error(500))
    reply = await studio.draw()
    assert reply.status == 502
    assert (await studio.row(reply.request_id)).nanos == 0
