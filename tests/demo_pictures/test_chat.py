"""Picture models over chat completions: a link in Markdown that holds the picture."""

import base64
import json
import re
from io import BytesIO
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from PIL import Image

from tests.demo_pictures.asking import BYTES_MAX, ask, png, send
from tests.imaging.making import noisy
from waystation.demo.pictures.calls import draws
from waystation.demo.transport import DemoTransport
from waystation.imaging.scene.prompt import Wanted
from waystation.imaging.scene.reading import read_drawing

PATH = "/v1/chat/completions"


def asked(content: Any, **more: Any) -> dict[str, Any]:
    return {"model": "flux-dev", "messages": [{"role": "user", "content": content}], **more}


def linked(text: str) -> Image.Image:
    found = re.search(r"!\[[^\]\n]*\]\(data:image/jpeg;base64,([A-Za-z0-9+/=]+)\)", text)
    assert found is not None, text[:200]
    image = Image.open(BytesIO(base64.b64decode(found[1], validate=True)))
    image.load()
    return image


async def said(content: Any, **more: Any) -> str:
    status, body = await ask(DemoTransport(), PATH, asked(content, **more))
    assert status == 200, body
    return str(ChatCompletion.model_validate(body).choices[0].message.content)


async def test_a_picture_in_the_answer() -> None:
    text = await said("fox under a red umbrella [ink](x)")
    assert "demo" in text
    seen = read_drawing(linked(text))
    assert {one.thing for one in seen.things} == {"fox", "umbrella"}
    assert await said("fox under a red umbrella [ink](x)") == text


async def test_chinese_is_answered_in_chinese() -> None:
    text = await said("一只红色的狐狸")
    assert "演示" in text
    assert read_drawing(linked(text)).things == (Wanted("fox", "red", 1),)


async def test_the_shape_follows_the_prompt() -> None:
    wide, tall = linked(await said("a fox --ar 3:2")), linked(await said("a fox --ar 1:2"))
    assert wide.width > wide.height
    assert tall.height == 2 * tall.width


async def test_the_stream_says_the_same() -> None:
    whole = await said("a boat")
    body = asked("a boat", stream=True, stream_options={"include_usage": True})
    incoming = await send(DemoTransport(), PATH, body)
    frames = (await incoming.read_all(BYTES_MAX)).decode().strip().split("\n\n")
    assert frames[-1] == "data: [DONE]"
    assert max(map(len, frames)) < 20_000
    chunks = [json.loads(one.removeprefix("data: ")) for one in frames[:-1]]
    read = [ChatCompletionChunk.model_validate(one) for one in chunks]
    text = "".join(c.choices[0].delta.content or "" for c in read if c.choices)
    assert text == whole
    assert read[-2].choices[0].finish_reason == "stop"
    assert chunks[-1]["usage"]["total_tokens"] > 600


async def test_a_given_picture_is_edited() -> None:
    raw = "data:image/png;base64," + base64.b64encode(png(noisy((200, 100)))).decode()
    content = [
        {"type": "text", "text": "make it red"},
        {"type": "image_url", "image_url": {"url": raw}},
    ]
    image = linked(await said(content))
    assert image.size == (200, 100)
    red, green, blue = image.resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert red > max(green, blue)


async def test_odd_conversations() -> None:
    for messages in ([], None, [{"role": "system", "content": "x"}], [5]):
        status, _ = await ask(DemoTransport(), PATH, {"model": "dall-e-3", "messages": messages})
        assert status == 200
    content = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    status, body = await ask(DemoTransport(), PATH, asked(content))
    assert status == 400
    assert body["error"]["message"]


async def test_faults_here_too() -> None:
    status, body = await ask(DemoTransport(), PATH, asked("a bomb"))
    assert (status, body["error"]["code"]) == (400, "content_policy_violation")
    incoming = await send(DemoTransport(), PATH, asked("x"), **{"x-demo-fault": "html"})
    assert incoming.header(b"content-type") == b"text/html"


@pytest.mark.parametrize(
    ("model", "picture"),
    [
        ("demo-image", True), ("dall-e-3", True), ("gpt-image-1", True), ("flux.1.1-pro", True),
        ("stable-diffusion", True), ("gemini-2.5-flash-image", True), ("recraftv3", True),
        ("demo-chat", False), ("gpt-4o", False), ("claude-opus-4-5", False), (None, False),
    ],
)  # fmt: skip
def test_which_models_draw(model: str | None, picture: bool) -> None:
    assert draws(model) is picture
