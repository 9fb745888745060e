"""What sound costs, by each kind of price."""

import random

import pytest

from waystation.control.endpoints.pricing import prices_at
from waystation.dialects.sound.speech import parse_speech
from waystation.edge.sound.attempt import basis_of
from waystation.ledger.prices import ONE, Price, PriceRow, Rate, charge, sound_bound
from waystation.meter.usage import Usage

VOICE = PriceRow(model="v", per_character="0.000015")
EAR = PriceRow(model="e", per_second="0.000030833333333333")
BOTH = PriceRow(model="b", per_character="0.00001", per_second="0.001")
TOKENS = PriceRow(model="t", input="0.6", output="12")
MIXED = PriceRow(model="m", input="2.5", audio_in="6", output="10", per_second="0.0001")


def nanos(row: PriceRow, rate: str = "1", **usage: object) -> int:
    return charge(Usage(**usage), Price.build(row), Rate.parse(rate)).nanos


def test_units() -> None:
    assert nanos(VOICE, units={"characters": 4096, "seconds": 250}) == 4096 * 15_000
    assert nanos(VOICE, rate="1.65", units={"characters": 7}) == 173_250
    assert nanos(EAR, units={"seconds": 3600}) == 111_000_000
    assert nanos(BOTH, units={"characters": 3, "seconds": 9}) == 30_000
    assert nanos(BOTH, units={"seconds": 9}) == 9_000_000
    assert nanos(VOICE) == 0


def test_tokens_go_first_where_they_are_told() -> None:
    assert nanos(MIXED, units={"seconds": 60}) == 6_000_000
    assert nanos(MIXED, audio_in=600, output_text=10, units={"seconds": 60}) == 3_700_000
    assert nanos(TOKENS, input_fresh=10, audio_out=100) == 6_000 + 1_200_000


def test_a_price_of_sound_pays_for_sound_alone() -> None:
    assert Price.build(VOICE).pays("speech")
    assert Price.build(EAR).pays("transcription")
    assert not Price.build(VOICE).pays("chat")
    for row in (MIXED, TOKENS, PriceRow(model="c", per_call="1", per_second="1")):
        assert Price.build(row).pays("chat")


def test_bases() -> None:
    def basis(row: PriceRow, speech: bool) -> str:
        return basis_of(Price.build(row), speech)

    assert (basis(BOTH, True), basis(BOTH, False)) == ("characters", "seconds")
    assert (basis(EAR, True), basis(VOICE, True)) == ("seconds", "characters")
    assert (basis(TOKENS, True), basis(MIXED, False)) == ("tokens", "seconds")
    assert basis(PriceRow(model="c", per_call="1", input="1"), True) == "call"
    assert basis(PriceRow(model="i", per_image="1"), True) == "call"


def test_what_is_held_covers_what_is_charged() -> None:
    noise = random.Random(8)
    rows = (VOICE, EAR, BOTH, TOKENS, MIXED, PriceRow(model="c", per_call="0.2"))
    for row in rows:
        price = Price.build(row)
        for _ in range(50):
            most = Usage(
                input_fresh=noise.randrange(500),
                audio_in=noise.randrange(9000),
                audio_out=noise.randrange(9000),
                output_text=noise.randrange(900),
                units={"characters": noise.randrange(4097), "seconds": noise.randrange(1, 900)},
            )
            rate = Rate.parse(str(noise.choice(("1", "0.37", "12"))))
            assert sound_bound(most, price, rate) >= charge(most, price, rate).nanos
            bare = Usage(units=most.units)
            assert sound_bound(most, price, rate) >= charge(bare, price, rate).nanos


def test_a_speech_is_held_for_more_than_it_takes() -> None:
    """At 150 words a minute, an ordinary voice."""
    text = "The train leaves at nine from the platform behind you. " * 10
    body = b'{"model":"m","voice":"v","input":"%b"}' % text.encode()
    operation = parse_speech(body, lambda name: None)
    minutes = len(text.split()) / 150
    assert operation.most().units["seconds"] > minutes * 60
    assert operation.seconds_likely == pytest.approx(minutes * 60, rel=0.3)


def test_they_are_shown() -> None:
    assert prices_at(Price.build(VOICE), ONE) == {"per_character": "0.000015"}
    shown = prices_at(Price.build(MIXED), Rate.parse("2"))
    assert shown["per_second"] == "0.0002"
    assert shown["input"] == "5"


def test_rows_that_make_no_sense() -> None:
    for row in (
        PriceRow(model="n", per_second="-1"),
        PriceRow(model="n", per_character="much"),
        PriceRow(model="n", per_second="0." + "0" * 18 + "1"),
    ):
        with pytest.raises(ValueError):
            Price.build(row)
