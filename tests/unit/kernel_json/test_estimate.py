"""The prompt bound against what is known of tokenizers, and the guess against recorded counts."""

import json
import random
import time

import pytest

from waystation.kernel.estimate import TextTally, classed_bound, tokens_bound, tokens_guess
from waystation.kernel.media_estimate import image_bound

# Tokens that the worst of the usual tokenizers makes, per unit of text (published encodings:
# random base64 some 0.75 a character, hex with single-digit tokenizers some 0.9, …).
WORST = [
    ("prose", "The quick brown fox jumps over the lazy dog. " * 200, lambda s: len(s) / 3.5),
    ("single letters", "a b c d " * 500, lambda s: len(s) / 2),
    ("chinese", "今天天气很好我们去公园" * 300, lambda s: len(s) * 1.6),
    ("digits", "0123456789" * 300, lambda s: len(s)),
    ("punctuation", "{}[]();:!?" * 300, lambda s: len(s)),
    ("burmese", "မြန်မာဘာသာ" * 200, lambda s: len(s) * 3),
    ("cyrillic", "Привет мир " * 200, lambda s: len(s.replace(" ", "")) * 2),
]


@pytest.mark.parametrize(("text", "worst"), [w[1:] for w in WORST], ids=[w[0] for w in WORST])
@pytest.mark.parametrize("escaped", [True, False])
def test_the_bound_is_above_the_worst_tokenizer(text: str, worst: object, escaped: bool) -> None:
    body = json.dumps({"content": text}, ensure_ascii=escaped).encode()
    assert tokens_bound(body) >= worst(text)  # type: ignore[operator]


def test_the_bound_holds_for_base64_and_hex() -> None:
    chance = random.Random(1)
    base64 = "".join(
        chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", k=9000)
    )
    hexed = "".join(chance.choices("0123456789abcdef", k=9000))
    assert tokens_bound(base64.encode()) >= 0.75 * len(base64)
    assert tokens_bound(hexed.encode()) >= 0.8 * len(hexed)


def test_never_above_a_token_a_byte_and_never_below_the_guess() -> None:
    chance = random.Random(2)
    for size in (0, 1, 10, 1000, 1024, 1025, 5000):
        text = "".join(chance.choices("ab 你Ж9{\U0001f600", k=size)).encode()
        assert tokens_guess(text) <= tokens_bound(text) <= len(text)


def test_prose_is_bounded_closer_than_by_bytes() -> None:
    prose = b"the price of a hold must not turn away who could pay " * 100
    assert classed_bound(prose) <= 0.55 * len(prose)


def test_the_tally_adds_up_at_any_split() -> None:
    text = "Hello 你好 world, it is 好." * 50
    whole, pieces = TextTally(), TextTally()
    whole.add(text)
    for character in text:
        pieces.add(character)
    assert whole.tokens == pieces.tokens > 0
    assert pieces.tokens_max >= len(text.encode())


def test_pictures_have_a_bound_by_detail() -> None:
    assert image_bound("gpt-4o").low < image_bound("gpt-4o").high
    assert image_bound("gpt-4o-mini").high > 40_000


def test_the_bound_is_cheap() -> None:
    body = b"x" * 600_000
    best = min(_timed(body) for _ in range(5))
    assert best < 0.01


def _timed(body: bytes) -> float:
    begin = time.perf_counter()
    tokens_bound(body)
    return time.perf_counter() - begin
