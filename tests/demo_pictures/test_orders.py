"""Orders of every kind of nonsense: refused or read, never anything else."""

import json
import random
import time
from typing import Any

from tests.demo_pictures.asking import BOUNDARY, form, png
from tests.imaging.making import noisy
from waystation.demo.pictures import desk, multipart
from waystation.demo.pictures.calls import ACTIONS
from waystation.demo.pictures.order import Order
from waystation.demo.pictures.refusal import Refused
from waystation.imaging.scene.prompt import read

FIELDS = (
    "prompt", "model", "n", "size", "aspect_ratio", "quality", "output_format", "background",
    "output_compression", "seed", "stream", "partial_images", "image", "images", "mask",
    "negative_prompt", "messages", "stream_options",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2.5, 10**30, "", "x", "1", "0x10", "64x64", "²", "1:1", "data:,",
    "data:;base64,AAAA", [], [[]], {}, {"image_url": {}}, {"url": None}, ["", None, {}], "\ud800",
    "png", "transparent",
    [{"role": "user", "content": [{"image_url": {"url": "data:x,!"}}, {"text": 5}]}],
)  # fmt: skip


def order(body: bytes, kind: str, action: Any) -> Order | None:
    headers = {b"content-type": kind.encode()}
    try:
        return desk._order(body, headers, action)
    except Refused as caught:
        refused = caught
    assert refused.status == 400
    assert refused.body()["error"]["message"]
    return None


def test_any_json_is_an_order_or_a_refusal() -> None:
    dice = random.Random(8)
    read_ones = 0
    for _ in range(4000):
        chosen = dice.sample(FIELDS, dice.randint(0, 8))
        body = json.dumps({name: dice.choice(VALUES) for name in chosen}).encode()
        action = dice.choice([*ACTIONS.values(), "chat"])
        read_ones += order(body, "application/json", action) is not None
    assert read_ones > 100
    for body in (b"", b"{", b"[1]", b"null", b"\xff", b"[" * 100_000):
        assert order(body, "application/json", "generation") is None


def test_any_spoilt_form_is_an_order_or_a_refusal() -> None:
    dice = random.Random(9)
    whole = form({"prompt": "a fox", "n": "2"}, [("image", png(noisy((8, 8))))])
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    assert order(whole, kind, "edit") is not None
    for _ in range(1500):
        body = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        order(bytes(body[: dice.randrange(len(body) + 1)]), kind, "edit")


def test_large_forms_and_prompts_take_little_time() -> None:
    body = form({"prompt": "x"}, [("image", bytes(range(256)) * 80_000)])
    began = time.process_time()
    found = multipart.parts(body, f"multipart/form-data; boundary={BOUNDARY}")
    assert len(found[1].data) == 20_480_000
    for prompt in ("--" * 16_000, "--a " * 8000, "猫x" * 16_000, " --" * 10_000, "a" * 32_000):
        read(prompt)
    assert time.process_time() - began < 2.0
