"""Drawings: every word tells, no two prompts look alike, and the words can be read again."""

import random
import time
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from tests.imaging.making import data, likeness, noisy, opened
from waystation.imaging.picture import encode
from waystation.imaging.scene.backdrop import GROUNDS, SKIES, ground_colour, sky_colours
from waystation.imaging.scene.draw import draw
from waystation.imaging.scene.prompt import Wanted, read
from waystation.imaging.scene.reading import nearest_colour, read_drawing
from waystation.imaging.scene.shapes import SHAPES
from waystation.imaging.scene.words import (
    COLOUR_WORDS,
    COLOURS,
    GROUND_WORDS,
    SKY_WORDS,
    THING_WORDS,
)

SMALL = (512, 512)


# ---- prompts -------------------------------------------------------------------------------


def test_a_prompt_is_a_plan() -> None:
    plan = read("Two red foxes under a blue moon, by the sea at sunset --ar 3:2 --no stars")
    assert plan.things == (Wanted("fox", "red", 2), Wanted("moon", "blue", 1))
    assert (plan.ground, plan.sky, plan.tints, plan.unknown) == ("sea", "sunset", (), ())


def test_a_chinese_prompt_is_a_plan() -> None:
    plan = read("一只白色的猫和两把红伞，在夜晚的街道上")
    assert plan.things == (Wanted("cat", "white", 1), Wanted("umbrella", "red", 2))
    assert (plan.ground, plan.sky) == ("street", "night")


def test_longer_words_win() -> None:
    assert read("机器人").things == (Wanted("robot", None, 1),)
    assert read("金鱼").things == (Wanted("fish", None, 1),)


@pytest.mark.parametrize(
    ("prompt", "tints"),
    [("red", ("red",)), ("a pink sky, a house", ("pink",)), ("blue, gold", ("blue", "yellow"))],
)
def test_colours_that_nothing_takes_tint_the_whole(prompt: str, tints: tuple[str, ...]) -> None:
    assert read(prompt).tints == tints


def test_strangers_are_kept() -> None:
    assert read("a zorble beside 蠼螋").unknown == ("zorble", "蠼螋")


def test_no_takes_things_away() -> None:
    assert read("a cat and a dog --no dogs").things == (Wanted("cat", None, 1),)
    assert read("sea at night --no night").sky is None


@pytest.mark.parametrize("prompt", ["", "   ", "\x00\ud800", "--", "9" * 5000, "猫" * 40_000])
def test_any_prompt_can_be_drawn(prompt: str) -> None:
    assert draw(prompt, (64, 64)).size == (64, 64)


def test_every_word_of_the_vocabulary_means_its_own() -> None:
    for name, words in THING_WORDS.items():
        for word in (name, *words):
            assert read(word).things[0].thing == name, word
    for name, words in COLOUR_WORDS.items():
        for word in (name, *words):
            assert read(word).tints == (name,), word
    for name, words in GROUND_WORDS.items():
        assert {read(word).ground for word in (name, *words)} == {name}
    for name, words in SKY_WORDS.items():
        assert {read(word).sky for word in (name, *words)} == {name}
    assert THING_WORDS.keys() == SHAPES.keys()


# ---- drawings ------------------------------------------------------------------------------


def test_the_same_again_and_nothing_else_alike() -> None:
    """500 prompts, many of them near to each other."""
    dice = random.Random(4)
    pool = ["a", "red", "fox", "sea", "zorble", "猫", "the", "night", "boat", "blorp", ".", "moon"]
    prompts = {" ".join(dice.choices(pool, k=dice.randint(0, 5))) for _ in range(2000)}
    chosen = sorted(prompts)[:500]
    assert len(chosen) == 500
    seen = {draw(one, (128, 128)).tobytes() for one in chosen}
    assert len(seen) == 500
    assert draw(chosen[77], (128, 128)).tobytes() in seen


def test_without_a_backdrop_too() -> None:
    prompts = [f"a fox{' ' * at}" for at in range(60)]
    made = [draw(one, (128, 128), transparent=True) for one in prompts]
    assert len({one.tobytes() for one in made}) == 60
    assert all(one.mode == "RGBA" and one.getpixel((0, 127)) == (0, 0, 0, 0) for one in made[:5])


def test_seeds_and_numbers_give_others_of_the_same_kind() -> None:
    pictures = [draw("red boat, sea", SMALL, seed, n) for seed in (0, 1, 2) for n in (0, 1)]
    assert len({one.tobytes() for one in pictures}) == 6
    for one in pictures:
        assert read_drawing(one).things == (Wanted("boat", "red", 1),)


@pytest.mark.parametrize("size", [(16, 16), (1024, 64), (64, 1024), (333, 777), (2048, 1024)])
def test_sizes(size: tuple[int, int]) -> None:
    assert draw("a fox, a moon, three trees, snow", size).size == size


def test_the_mark_is_small() -> None:
    plain, marked = draw("sea", SMALL, marked=False), draw("sea", SMALL)
    changed = sum(
        a != b
        for a, b in zip(plain.convert("L").tobytes(), marked.convert("L").tobytes(), strict=True)
    )
    assert 20 < changed < 512 * 512 // 200


def test_a_drawing_costs_little() -> None:
    prompt = "a red fox under a blue moon by the sea at sunset, a house, a tree and two boats"
    costs = []
    for _ in range(5):
        began = time.process_time()
        encode(draw(prompt, (1024, 1024)))
        costs.append(time.process_time() - began)
    assert min(costs) < 0.150


def test_backdrops_are_lighter_than_ink() -> None:
    dice = random.Random(1)
    for sky in (*SKIES, None):
        for tint in ((), ("black",), ("black", "brown"), ("blue",)):
            assert all(max(one) >= 112 for one in sky_colours(sky, tint, dice))
        assert all(max(ground_colour(one, sky)) >= 112 for one in GROUNDS)


# ---- words read again ----------------------------------------------------------------------


@pytest.mark.parametrize("thing", sorted(SHAPES))
def test_each_thing_in_many_colours(thing: str) -> None:
    """Four for each thing, and every one for some."""
    for place, colour in list(enumerate(COLOURS))[sorted(SHAPES).index(thing) % 3 :: 3]:
        sky = (*SKIES, None)[place % 7]
        seen = read_drawing(draw(f"{colour} {thing}, {sky or ''}", SMALL, seed=place))
        own = None if SHAPES[thing].colour == colour else colour
        assert seen.things == (Wanted(thing, own, 1),), colour
        assert seen.sky == sky


def test_whole_scenes_after_jpeg_and_at_half_the_size() -> None:
    dice = random.Random(11)
    for number in range(36):
        things = dice.sample(sorted(SHAPES), dice.randint(1, 5))
        colours = [dice.choice([None, *COLOURS]) for _ in things]
        sky, ground = dice.choice([None, *SKIES]), dice.choice([None, *GROUNDS])
        named = [f"{colour or ''} {one}" for one, colour in zip(things, colours, strict=True)]
        prompt = ", ".join([*named, sky or "", ground or ""])
        image = draw(prompt, (1024, 1024), seed=number)
        if number % 3 == 1:
            image = opened(data(image, "JPEG", quality=80))
        elif number % 3 == 2:
            image = image.resize(SMALL)
        seen = read_drawing(image)
        wanted = {
            (one, None if colour == SHAPES[one].colour else colour)
            for one, colour in zip(things, colours, strict=True)
        }
        assert {one[:2] for one in seen.things} == wanted, prompt
        assert (seen.sky, seen.ground) == (sky, ground), prompt


def test_how_many() -> None:
    assert read_drawing(draw("four boats, a sun", (1024, 1024))).things == (
        Wanted("boat", None, 4),
        Wanted("sun", None, 1),
    )


def test_nothing_is_seen_where_nothing_is() -> None:
    for number in range(20):
        seen = read_drawing(draw(f"zorble{number}", (256, 256), seed=number))
        assert seen.things == ()
    assert read_drawing(noisy((300, 200))).things == ()
    assert read_drawing(Image.new("RGB", (64, 64), "black")).things == ()
    assert read_drawing(Image.new("RGB", (64, 64), "white")).things == ()
    rings = Image.new("RGB", (400, 400), "white")
    ImageDraw.Draw(rings).polygon([(50, 50), (350, 90), (200, 95)], outline="black", width=5)
    assert read_drawing(rings).things == ()


def test_no_metadata_is_needed() -> None:
    image = draw("a green cat", SMALL)
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    assert image.info == {}
    assert read_drawing(bare).things == (Wanted("cat", "green", 1),)
    kept = Image.open(BytesIO(encode(image)))
    assert kept.info == {}


def test_colour_names() -> None:
    for name, colour in COLOURS.items():
        assert nearest_colour(colour) == name
    assert likeness(draw("red", SMALL), draw("blue", SMALL)) > 15
