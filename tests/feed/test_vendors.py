"""Vendors are well-formed data."""

import re

import pytest

from waystation.configuration.reading import base_url
from waystation.upstream.vendors import VENDORS
from waystation.upstream.vendors.midjourney_pages import BUTTONS, OLDEST, SPEEDS
from waystation.upstream.vendors.suno_relay import SUNO_PAGES

PICTURES = {"image", "image_edit", "image_variation", "ideogram", "ideogram_remix", "recraft"}
MIDJOURNEY = {*OLDEST, *BUTTONS, *SPEEDS, "mj_edits", "mj_cancel"}
SUNO = {
    *SUNO_PAGES,
    *("suno_description", "suno_feed", "suno_words", "suno_songs", "suno_extend"),
}
OPERATIONS = {
    "chat",
    "completion",
    "embedding",
    "moderation",
    "responses",
    "responses_input_tokens",
    "responses_compact",
    "generate",
    "generate_stream",
    "gemini_count",
    "gemini_embed",
    "gemini_embeds",
    "messages",
    "count_tokens",
    "messages_stream",
    "rerank",
    "speech",
    "transcription",
    "translation",
}


@pytest.mark.parametrize("name", VENDORS)
def test_each_vendor_is_complete(name: str) -> None:
    vendor = VENDORS[name]
    assert vendor.name == name
    assert set(vendor.paths) <= OPERATIONS | PICTURES | MIDJOURNEY | SUNO
    assert vendor.paths
    assert all(path.startswith("/") for path in vendor.paths.values())
    assert re.fullmatch(r"bearer|none|cloud|header:[a-z0-9-]+", vendor.auth)
    assert vendor.base_url == "" or re.fullmatch(r"(https?|demo)://[a-z0-9.-]+", vendor.base_url)
    assert re.fullmatch(r"|\d{4}-\d\d-\d\d", vendor.checked)
    assert vendor.needs_key == (vendor.auth != "none")


@pytest.mark.parametrize(
    ("vendor", "own", "expected"),
    [
        ("openai", "", "https://api.openai.com"),
        ("openai", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("openai", "http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
        ("openai", "https://relay.example/v1", "https://relay.example"),
        ("openai", "https://relay.example/v1/", "https://relay.example"),
        ("openai", "https://relay.example/v1/chat/completions", "https://relay.example"),
        ("openai", "https://relay.example/sub/v1", "https://relay.example/sub"),
        ("qwen", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
         "https://dashscope-intl.aliyuncs.com"),
        ("anthropic", "https://relay.example/v1/messages", "https://relay.example"),
        ("deepseek", "https://api.deepseek.com/anthropic", "https://api.deepseek.com"),
        ("azure-openai", "https://x.openai.azure.com/openai/v1/", "https://x.openai.azure.com"),
    ],
)  # fmt: skip
def test_addresses_as_people_paste_them(vendor: str, own: str, expected: str) -> None:
    assert base_url(own, VENDORS[vendor]) == expected


def test_a_vendor_without_an_address_needs_one() -> None:
    with pytest.raises(ValueError, match="base_url"):
        base_url("", VENDORS["openai-compatible"])
