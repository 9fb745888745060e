"""Pictures that Anthropic does not take as they are."""

import base64
from io import BytesIO

import pytest
from PIL import Image

from tests.lanes.making import chat_to_messages
from waystation.dialects.anthropic.pictures import BASE64_BYTES_MAX, fitted, needs_fitting
from waystation.dialects.ir import Chat, Media
from waystation.errors import Fault


def chat_with(raw: bytes, mime: str) -> Chat:
    url = f"data:{mime};base64,{base64.b64encode(raw).decode()}"
    part = {"type": "image_url", "image_url": {"url": url}}
    return chat_to_messages(messages=[{"role": "user", "content": [part]}]).chat


def picture(form: str, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    out = BytesIO()
    Image.new(mode, size, (200, 30, 30, 0)[: len(mode)]).save(out, form)
    return out.getvalue()


def media(chat: Chat) -> Media:
    part = chat.messages[0].parts[0]
    assert isinstance(part, Media)
    return part


def test_what_is_right_stays_as_it_is() -> None:
    assert not needs_fitting(chat_with(picture("PNG"), "image/png"))
    assert not needs_fitting(chat_with(picture("JPEG"), "image/jpg"))


@pytest.mark.parametrize(("form", "mime"), [("BMP", "image/bmp"), ("TIFF", "image/tiff")])
def test_another_type_is_encoded_anew(form: str, mime: str) -> None:
    chat = chat_with(picture(form), mime)
    assert needs_fitting(chat)
    made = media(fitted(chat))
    assert made.mime == "image/jpeg"
    with Image.open(BytesIO(base64.b64decode(made.data))) as opened:
        assert opened.size == (40, 30)


def test_transparency_is_kept() -> None:
    made = media(fitted(chat_with(picture("TIFF", mode="RGBA"), "image/tiff")))
    assert made.mime == "image/png"
    with Image.open(BytesIO(base64.b64decode(made.data))) as opened:
        assert opened.mode == "RGBA"


def test_what_is_too_large_is_scaled() -> None:
    raw = picture("BMP", (2000, 1000)) + b"\0" * BASE64_BYTES_MAX
    chat = chat_with(raw, "image/png")
    assert needs_fitting(chat)
    made = media(fitted(chat))
    assert len(made.data) <= BASE64_BYTES_MAX
    with Image.open(BytesIO(base64.b64decode(made.data))) as opened:
        assert opened.size == (1568, 784)


@pytest.mark.parametrize("raw", [b"", b"no picture", b"<svg/>", picture("PNG")[:40]])
def test_what_is_no_picture_is_refused_with_its_place(raw: bytes) -> None:
    with pytest.raises(Fault) as caught:
        fitted(chat_with(raw or b" ", "image/heic"))
    assert caught.value.param == "messages[0].content[0]"
    assert caught.value.status == 400
