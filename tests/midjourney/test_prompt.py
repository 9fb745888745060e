"""Prompts taken apart, parameters judged."""

import pytest

from waystation.dialects.midjourney.banned import BannedWords
from waystation.dialects.midjourney.parameters import Rules, Wishes, interpret
from waystation.dialects.midjourney.prompt import read_prompt, without_speed


def wishes(prompt: str, **rules: object) -> Wishes:
    found, wrongs = interpret(read_prompt(prompt), Rules(**rules))  # type: ignore[arg-type]
    assert wrongs == ()
    return found


def wrongs(prompt: str, **rules: object) -> tuple[str, ...]:
    return interpret(read_prompt(prompt), Rules(**rules))[1]  # type: ignore[arg-type]


def test_links_text_and_parameters() -> None:
    prompt = read_prompt("<https://a.b/c--d.png> https://e.f/g tin robot —ar 3:2 --no a-b, c")
    assert prompt.links == ("https://a.b/c--d.png", "https://e.f/g")
    assert prompt.text == "tin robot"
    assert [(p.name, p.value) for p in prompt.parameters] == [("ar", "3:2"), ("no", "a-b, c")]
    assert read_prompt(prompt.write()) == prompt


def test_weights_and_permutations() -> None:
    prompt = read_prompt("hot:: dog::2 mustard::-0.5 --ar 1:1")
    assert prompt.weighted() == (("hot", 1.0), ("dog", 2.0), ("mustard", -0.5))
    assert read_prompt("a {red, blue} fox").is_permuted
    assert not read_prompt("a {red} fox").is_permuted


@pytest.mark.parametrize(
    ("prompt", "name", "value"),
    [
        ("x --ar 16:9", "aspect", (16, 9)),
        ("x --AR 16:9", "aspect", (16, 9)),
        ("x --v 6 --chaos 30 --c 40", "chaos", 40),
        ("x --s 1000", "stylize", 1000),
        ("x --w 3000", "weird", 3000),
        ("x --q .5", "quality", 0.5),
        ("x --q 0.5", "quality", 0.5),
        ("x --q 2", "quality", 1.0),
        ("x --v 7 --q 4", "quality", 4.0),
        ("x --seed 4294967295", "seed", 4294967295),
        ("x --seed 1 --seed 2", "seed", 1),
        ("x --no a --no b, c", "no", ("a", "b", "c")),
        ("x --iw 1.75", "iw", 1.75),
        ("x --style raw", "style", "raw"),
        ("x --niji 5 --style cute", "style", "cute"),
        ("x --tile --raw", "flags", frozenset({"tile", "raw"})),
        ("x --cref https://a/b https://c/d --cw 0", "cref", ("https://a/b", "https://c/d")),
        ("x --sref 123 random https://a/b::2 --sw 5", "sref", ("123", "random", "https://a/b::2")),
        ("x --v 7 --oref https://a/b --ow 400", "ow", 400),
        ("x --p abc", "profile", "abc"),
    ],
)
def test_parameters(prompt: str, name: str, value: object) -> None:
    assert getattr(wishes(prompt), name) == value


def test_versions() -> None:
    assert wishes("x").model.shown == "6.1"
    assert wishes("x --v 7.0").model.shown == "7"
    assert wishes("x --v 5.2 --v 6").model.shown == "6"
    assert wishes("x --niji").model.shown == "niji 7"
    assert wishes("x --niji 5").model.shown == "niji 5"
    assert wishes("x", version="7").model.shown == "7"


@pytest.mark.parametrize(
    "prompt",
    [
        "x --v 9",
        "x --niji 3",
        "x --ar 16x9",
        "x --ar 0:1",
        "x --ar 1.5:1",
        "x --v 4 --ar 3:1",
        "x --v 3 --ar 3:1",
        "x --chaos 101",
        "x --chaos -1",
        "x --chaos 1.5",
        "x --chaos nan",
        "x --stylize 1001",
        "x --niji 4 --stylize 5",
        "x --v 3 --stylize 100",
        "x --v 4 --weird 1",
        "x --quality 3",
        "x --v 7 --q .5",
        "x --v 7 --oref https://a/b --q 4",
        "x --seed 4294967296",
        "x --seed abc",
        "x --stop 9",
        "x --repeat 2",
        "x --repeat 41",
        "x --iw 4",
        "x --v 5.2 --iw 2.5",
        "x --v 4 --iw 1",
        "x --style cute",
        "x --v 5 --style raw",
        "x --v 4 --style 4a --ar 16:9",
        "x --v 5.2 --cref https://a/b",
        "x --cref nothing",
        "x --sref what",
        "x --sv 7",
        "x --oref https://a/b",
        "x --v 6.1 --exp 5",
        "x --zoom 1.5",
        "x --foo",
        "x --ar16:9",
        "x --draft",
    ],
)
def test_what_is_out_of_range_is_told(prompt: str) -> None:
    found = wrongs(prompt)
    assert len(found) == 1
    assert found[0].startswith("[Invalid parameter] ")


def test_the_texts() -> None:
    assert wrongs("x --foo 1 --bar") == (
        "[Invalid parameter] Unrecognized parameter(s): --foo, --bar",
    )
    assert wrongs("x --chaos 200") == (
        "[Invalid parameter] Invalid value for --chaos: 200 (must be between 0 and 100)",
    )


def test_zoom_and_repeat_where_they_are_allowed() -> None:
    assert wishes("x --zoom 1.5", zooms=True).zoom == 1.5
    assert wrongs("x --zoom 2.5", zooms=True)
    assert wishes("x --repeat 4", repeat_max=40).repeat == 4


def test_speed_flags() -> None:
    assert without_speed("cat --fast --ar 2:1 --turbo") == ("cat --ar 2:1", "turbo")
    assert without_speed("cat  --ar 2:1") == ("cat  --ar 2:1", "")
    assert without_speed("a —relax") == ("a", "relax")


def test_banned_words() -> None:
    words = BannedWords(["nude", "裸体", "a+b", " "])
    assert words.find("a NUDE cat") == "NUDE"
    assert words.find("denuded hills, nudes") == ""
    assert words.find("一个裸体的人") == "裸体"
    assert words.find("what a+b is") == "a+b"
    assert words.find("https://x.y/nude a cat --no nude") == ""
    assert words.take_out("https://x/nude a nude cat --no nude") == "https://x/nude a cat --no nude"
    for harmless in ("a cat https://x/nude.png y", "a <https://x/nude> cat"):
        assert words.find(harmless) == ""
        assert words.take_out(harmless) == harmless
    assert words.find("a cat https://x/a.png裸体") == "裸体"
    mixed = "a nude cat https://x/nude.png, nude"
    assert words.take_out(mixed) == "a cat https://x/nude.png,"
    assert not BannedWords([])
    assert BannedWords([]).find("nude") == ""
