"""What looks like a secret, or is known to be one, does not get past the scrubber."""

import json
from typing import Any

import pytest

from waystation.edge.site import Site
from waystation.journal.redaction import MASK, Redactor, redactor
from waystation.ledger.prices import PriceBook
from waystation.routing.snapshot import Channel, ChannelKey, Snapshot
from waystation.settings import Settings

OURS = "ws" + "Ab3dEf9h" + "Q" * 32 + "z1x2c3"

CANARIES = [
    ("sk-canary0123456789", "canary0123456789"),
    (f"sk-{OURS}", OURS),
    (OURS, OURS),
    ("Authorization: Bearer canary.token/with+signs=", "canary.token"),
    ("authorization: canary-bare-value", "canary-bare-value"),
    ("BEARER canaryvalue1", "canaryvalue1"),
    ('{"x-api-key": "canary-anthropic"}', "canary-anthropic"),
    ("x-goog-api-key=canarygoogle1", "canarygoogle1"),
    ("mj-api-secret: canarymj", "canarymj"),
    ("GET /v1/models?key=canaryquery1&x=1", "canaryquery1"),
    ("POST /hook?access_token=canarytoken", "canarytoken"),
    ("https://user:canarypass@proxy.example:8080/x", "canarypass"),
    ("AIzaCanary_0123456789abcdefghij", "Canary_0123456789"),
    ("gsk_canary0123456789abcdef", "canary0123456789"),
    ("key is AKIACANARY0123456789 here", "CANARY0123456789"),
    ("eyJhbGciOi.eyJzdWIiOiJj.c2lnbmF0dXJl", "eyJzdWIiOiJj"),
]


@pytest.mark.parametrize(("text", "secret"), CANARIES)
def test_shapes_are_scrubbed(text: str, secret: str) -> None:
    clean = Redactor().text(text)
    assert secret not in clean
    assert MASK in clean


@pytest.mark.parametrize(("text", "secret"), CANARIES)
def test_an_encoded_line_stays_json(text: str, secret: str) -> None:
    line = json.dumps({"event": text, "nested": json.dumps({"inner": text}), "after": 1})
    clean = Redactor().text(line)
    assert secret not in clean
    assert json.loads(clean)["after"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "gpt-4o-mini",
        "task-runner-number-7",
        "desk-lamp-on-the-left",
        "the key = to the door",
        "https://api.example/v1/chat",
        "ada@example.com",
        "windows",
        "max tokens 100",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor().text(text) == text


def test_known_values_of_any_shape_are_scrubbed() -> None:
    redactor = Redactor(["0f3c9a7712ab", "short"])
    assert redactor.text("upstream said 0f3c9a7712ab, short") == f"upstream said {MASK}, short"


def test_a_longer_known_value_wins_over_its_prefix() -> None:
    redactor = Redactor(["abcdefgh", "abcdefgh-tail"])
    assert redactor.text("abcdefgh-tail") == MASK


def test_remembered_names_are_forgotten_when_a_secret_becomes_known() -> None:
    redactor = Redactor()
    assert redactor.name("0f3c9a7712ab") == "0f3c9a7712ab"
    redactor.protect(["0f3c9a7712ab"])
    assert redactor.name("0f3c9a7712ab") == MASK


def test_the_memory_of_names_is_bounded() -> None:
    redactor = Redactor()
    for number in range(10_000):
        redactor.name(f"model-{number}")
    assert len(redactor._seen) <= 4096


def test_a_gateway_protects_its_channels_keys() -> None:
    """Keys of any shape, from the moment the configuration names them."""
    stub: Any = None
    site = Site(Settings(), stub, stub, stub, {"https": stub}, stub, stub, stub)
    channel = Channel(
        id=1,
        name="north",
        vendor="azure-openai",
        base_url="https://north.example",
        allow_private=False,
        keys=(ChannelKey(1, "0f3c9a7712ab55e0"),),
        models=("m",),
        model_map={},
        paths={},
    )
    snapshot = Snapshot(
        epoch=1,
        groups={},
        channels={1: channel},
        rates={},
        auto_groups=(),
        prices=PriceBook([]),
    )
    site.configure(snapshot)
    try:
        assert redactor.text("upstream echoed 0f3c9a7712ab55e0") == f"upstream echoed {MASK}"
    finally:
        redactor.protect(())
