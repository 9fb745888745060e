"""Each set of buttons, word for word as clients look for them."""

import pytest

from waystation.dialects.midjourney.buttons import (
    Buttons,
    describe_buttons,
    grid_buttons,
    shorten_buttons,
    single_buttons,
)

JOB = "3785da15-4f70-4034-9128-f3ff1ac634fa"
VARYING = ("VARIATION", "LOW_VARIATION", "HIGH_VARIATION", "INPAINT")
ALL = frozenset(("UPSCALE", "REROLL", *VARYING, "ZOOM", "CUSTOM_ZOOM", "PAN", "VIDEO"))


def ids(buttons: Buttons) -> list[str]:
    return [button.custom_id for button in buttons]


def labels(buttons: Buttons) -> list[str]:
    return [(button.emoji + " " + button.label).strip() for button in buttons]


def single(version: str = "7", *, square: bool = True, again: bool = False) -> Buttons:
    return single_buttons(JOB, version, ALL, square=square, again=again)


def test_below_four_pictures() -> None:
    assert ids(grid_buttons(JOB, ALL)) == [
        *(f"MJ::JOB::upsample::{n}::{JOB}" for n in (1, 2, 3, 4)),
        f"MJ::JOB::reroll::0::{JOB}::SOLO",
        *(f"MJ::JOB::variation::{n}::{JOB}" for n in (1, 2, 3, 4)),
    ]
    assert labels(grid_buttons(JOB, ALL)) == ["U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4"]
    assert all((button.type, button.style) == (2, 2) for button in grid_buttons(JOB, ALL))


@pytest.mark.parametrize(
    ("version", "upscales"),
    [
        ("4", []),
        ("5", ["upsample_v5_2x", "upsample_v5_4x"]),
        ("5.2", ["upsample_v5_2x", "upsample_v5_4x"]),
        ("niji 5", ["upsample_v5_2x", "upsample_v5_4x"]),
        ("6", ["upsample_v6_2x_subtle", "upsample_v6_2x_creative"]),
        ("6.1", ["upsample_v6r1_2x_subtle", "upsample_v6r1_2x_creative"]),
        ("7", ["upsample_v7_2x_subtle", "upsample_v7_2x_creative"]),
        ("niji 7", ["upsample_v7_2x_subtle", "upsample_v7_2x_creative"]),
        ("8", []),
    ],
)
def test_upscales_are_those_of_the_model_that_drew(version: str, upscales: list[str]) -> None:
    found = [one for one in ids(single(version)) if "upsample" in one]
    assert found == [f"MJ::JOB::{verb}::1::{JOB}::SOLO" for verb in upscales]


def test_below_one_picture_in_their_order() -> None:
    assert labels(single("6.1")) == [
        "upscale_1 Upscale (Subtle)", "upscale_1 Upscale (Creative)",
        "🪄 Vary (Subtle)", "🪄 Vary (Strong)", "🖌️ Vary (Region)",
        "🔍 Zoom Out 2x", "🔍 Zoom Out 1.5x", "🔍 Custom Zoom",
        "⬅️", "➡️", "⬆️", "⬇️",
        "🎞️ Animate (High motion)", "🎞️ Animate (Low motion)",
        "❤️",
    ]  # fmt: skip
    assert f"MJ::Outpaint::50::1::{JOB}::SOLO" in ids(single())
    assert f"MJ::CustomZoom::{JOB}" in ids(single())


def test_only_what_is_not_square_is_made_square() -> None:
    square = f"MJ::Outpaint::100::1::{JOB}::SOLO"
    assert square in ids(single(square=False))
    assert square not in ids(single(square=True))


def test_an_upscale_of_an_upscale_is_rerolled_and_not_panned() -> None:
    found = ids(single(again=True))
    assert f"MJ::JOB::reroll::0::{JOB}::SOLO" in found
    assert not [one for one in found if "pan_" in one or "upsample" in one]


def test_what_no_channel_can_do_has_no_button() -> None:
    assert ids(grid_buttons(JOB, frozenset(["REROLL"]))) == [f"MJ::JOB::reroll::0::{JOB}::SOLO"]
    none = single_buttons(JOB, "7", frozenset(), square=False, again=False)
    assert ids(none) == [f"MJ::BOOKMARK::{JOB}"]


def test_below_words() -> None:
    assert ids(describe_buttons()) == [
        *(f"MJ::Job::PicReader::{n}" for n in (1, 2, 3, 4)),
        "MJ::Picread::Retry",
        "MJ::Job::PicReader::all",
    ]
    assert ids(shorten_buttons()) == [
        *(f"MJ::Job::PromptAnalyzer::{n}" for n in (1, 2, 3, 4, 5)),
        "MJ::Job::PromptAnalyzerExtended",
    ]
