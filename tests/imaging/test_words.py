"""Pictures into prompts, and prompts into shorter ones."""

import pytest
from PIL import Image

from tests.imaging.making import BLUE, RED, data, noisy, plain
from waystation.imaging.describe import describe, ratio
from waystation.imaging.palette import brightness, contrast, palette, weight
from waystation.imaging.picture import BadPicture, encode
from waystation.imaging.scene.draw import draw
from waystation.imaging.scene.prompt import read
from waystation.imaging.shorten import shorten


def test_four_prompts_with_the_words_of_the_drawing() -> None:
    prompt = "two red foxes and a blue umbrella by the sea at sunset"
    four = describe(encode(draw(prompt, (1536, 1024))))
    assert len(set(four)) == 4
    for one in four:
        assert "two red foxes" in one
        assert "a blue umbrella" in one
        assert one.endswith(" --ar 3:2")
        assert "\n" not in one
        again = read(one)
        assert set(again.things) >= set(read(prompt).things)
        assert (again.ground, again.sky) == ("sea", "sunset")


def test_a_described_drawing_drawn_again_is_described_alike() -> None:
    first = describe(encode(draw("three boats, a lighthouse, dawn, sea", (512, 512))))
    second = describe(encode(draw(first[0], (512, 512))))
    assert "three boats" in second[0]
    assert "lighthouse" in second[0]


def test_any_picture_has_four() -> None:
    for image in (noisy((90, 50)), Image.new("RGB", (1, 1)), Image.new("RGBA", (9, 9))):
        four = describe(data(image))
        assert len(set(four)) == 4
    assert describe(plain(RED)) != describe(plain(BLUE))
    assert "red" in describe(plain(RED))[0]
    with pytest.raises(BadPicture):
        describe(b"nothing")


@pytest.mark.parametrize(
    ("size", "told"),
    [((1024, 1024), "1:1"), ((1536, 1024), "3:2"), ((1024, 1792), "4:7"), ((3000, 1), "3000:1")],
)
def test_shapes(size: tuple[int, int], told: str) -> None:
    assert ratio(size) == told


def test_palettes_and_light() -> None:
    half = Image.new("RGB", (90, 60), (214, 40, 48))
    half.paste((44, 98, 220), (60, 0, 90, 60))
    assert palette(half) == ("red", "blue")
    assert brightness(Image.new("RGB", (5, 5), "black")) == "dark"
    assert brightness(Image.new("RGB", (5, 5), "white")) == "bright"
    assert contrast(Image.new("RGB", (5, 5), "white")) == "soft"
    spot = Image.new("RGB", (90, 90), "white")
    for name, box in {
        "left": (0, 30, 20, 60), "right": (70, 30, 90, 60), "top": (30, 0, 60, 20),
        "bottom": (30, 70, 60, 90), "centre": (32, 32, 58, 58),
    }.items():  # fmt: skip
        one = spot.copy()
        one.paste((0, 0, 0), box)
        assert weight(one) == name


def test_fillers_go_and_content_stays() -> None:
    made = shorten(
        "please draw a very beautiful red lantern that floats over a really still pond "
        "--ar 3:2 --s 250"
    )
    assert made.prompts[0] == "red lantern floats still pond --ar 3:2 --s 250"
    assert made.prompts[4].startswith("lantern")
    lengths = [len(one) for one in made.prompts]
    assert lengths == sorted(lengths, reverse=True)
    assert all(one.endswith("--ar 3:2 --s 250") for one in made.prompts)
    weights = {one.text: one.weight for one in made.tokens}
    assert weights["very"] == weights["please"] == 0
    assert weights["lantern"] > weights["red"] > 0
    assert all(0 <= one <= 1 for one in weights.values())


def test_it_is_shown_as_clients_know_it() -> None:
    made = shorten("a very old lantern, floats")
    told = made.markdown()
    assert told.startswith("## Important tokens\n~~a~~ ~~very~~ **old** **lantern**, ")
    assert "\n## Shortened prompts\n1️⃣ " in told
    assert "\n\n5️⃣ " in told
    assert "lantern (0." in made.details()
    assert "█" in made.details()


def test_chinese_is_cut_into_words() -> None:
    made = shorten("一只非常漂亮的红色狐狸在森林里 --v 6")
    texts = [one.text for one in made.tokens]
    assert "狐狸" in texts
    assert "森林" in texts
    assert "的" not in made.prompts[0]
    assert made.prompts[4].endswith("狐狸 --v 6")


@pytest.mark.parametrize("prompt", ["", "   ", "the of", "--ar 3:2", "...", "🙂", "x" * 5000])
def test_odd_prompts(prompt: str) -> None:
    made = shorten(prompt)
    assert len(made.prompts) == 5
    assert shorten(prompt) == made
    made.details()
