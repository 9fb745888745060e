"""Prompts as image models are told them."""

import pytest

from waystation.dialects.midjourney.options import MidjourneyOptions
from waystation.tasks.midjourney.emulator.drawing import lowest, read_drawing, size_of
from waystation.tasks.midjourney.emulator.failing import NotDrawn
from waystation.tasks.midjourney.emulator.telling import read_lines, read_shortened

OPTIONS = MidjourneyOptions()


@pytest.mark.parametrize(
    ("ratio", "size"),
    [
        ((1, 1), (1024, 1024)),
        ((3, 2), (1248, 832)),
        ((2, 3), (832, 1248)),
        ((16, 9), (1408, 792)),
        ((1, 14), (272, 3808)),
        ((100, 50), (1456, 728)),
    ],
)
def test_a_shape_is_met_exactly(ratio: tuple[int, int], size: tuple[int, int]) -> None:
    assert size_of(ratio) == size
    assert size[0] * ratio[1] == size[1] * ratio[0]


@pytest.mark.parametrize("ratio", [(99_999, 98_765), (1, 256), (256, 1), (4097, 4096), (777, 10)])
def test_any_shape_has_a_size(ratio: tuple[int, int]) -> None:
    wide, high = size_of(ratio)
    assert min(wide, high) >= 16
    assert max(wide, high) <= 4096
    assert wide * high <= 2**21
    assert abs(wide / high / (ratio[0] / ratio[1]) - 1) < 0.03


def test_ratios_are_reduced() -> None:
    assert lowest((1024, 768)) == (4, 3)


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a cat", "a cat"),
        ("cat::2 dog::1 rain::-.5", "cat, dog"),
        ("a cat --niji 6", "a cat, anime illustration"),
        ("a cat --style raw", "a cat, plain and unembellished"),
        ("a cat --tile --s 750", "a cat, highly stylized, artistic, seamless repeating pattern"),
        ("a cat --s 0", "a cat, literal, unstylized"),
        ("http://a.example/1.png a cat", "a cat"),
    ],
)
def test_words(prompt: str, told: str) -> None:
    assert read_drawing(prompt, OPTIONS).prompt == told


def test_parameters() -> None:
    drawing = read_drawing("a cat::1 rain::-1 --no dogs, birds --q 2 --v 7 --c 10", OPTIONS)
    assert drawing.negative == "dogs, birds, rain"
    assert (drawing.quality, drawing.version, drawing.step) == ("high", "7", 971)
    assert read_drawing("a cat", OPTIONS).quality == ""
    assert read_drawing("a --zoom 1.5 --ar 1:2", OPTIONS, zooms=True).zoom == 1.5


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("a {red, blue} cat", "[Invalid prompt]"),
        ("a cat --ar 1:300", "[Invalid parameter] Invalid value for --ar"),
        ("a cat --chaos x", "[Invalid parameter] Invalid value for --chaos"),
        ("a cat --zoom 2", "[Invalid parameter] Unrecognized parameter(s): --zoom"),
    ],
)
def test_what_is_refused(prompt: str, reason: str) -> None:
    with pytest.raises(NotDrawn) as refused:
        read_drawing(prompt, OPTIONS)
    assert refused.value.reason.startswith(reason)


def test_the_operator_may_let_mistakes_pass() -> None:
    warned = read_drawing("a cat --chaos 900", MidjourneyOptions(strict_params="warn"))
    assert warned.ignored == (
        "[Invalid parameter] Invalid value for --chaos: 900 (must be between 0 and 100)",
    )
    assert read_drawing("a cat --foo", MidjourneyOptions(strict_params="ignore")).ignored == ()


@pytest.mark.parametrize(
    "said",
    [
        "1. one\n2. two\n3. three\n4. four",
        "Here you are:\n\n1) one\n\n2) two\n3) three\n4) four --ar 3:2 --v 6\n\nEnjoy!",
        "**1.** one\n**2.** two\n- 3. three\n4: four",
        "1️⃣ one\r\n2️⃣ two\r\n3️⃣ three\r\n4️⃣ four",
    ],
)
def test_lines_of_a_description(said: str) -> None:
    assert read_lines(said) == ("one", "two", "three", "four")


def test_a_shortened_prompt_in_a_fence() -> None:
    prompts = ["red fox in snow", "red fox", "fox snow", "fox", "fox"]
    document = (
        '{"tokens":[{"t":"red","weight":0.5},{"t":"fox","weight":9}],"shortened":'
        + str(prompts).replace("'", '"')
        + "}"
    )
    read = read_shortened(f"Sure!\n```json\n{document}\n```")
    assert read is not None
    assert read.prompts == tuple(prompts)
    assert [each.weight for each in read.tokens] == [0.5, 1.0]
    for bad in (
        "",
        "no",
        "{}",
        document.replace('"fox snow", ', ""),
        '{"tokens":[],"shortened":1}',
    ):
        assert read_shortened(bad) is None
