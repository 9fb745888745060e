"""The buttons below a finished task, set by set, in their order."""

from collections.abc import Iterable

import msgspec

_KEYCAPS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣")
_VARY, _ZOOM, _VIDEO = "🪄", "🔍", "🎞️"


class Button(msgspec.Struct, frozen=True, rename="camel"):
    """style: 2 normal, 1 and 3 highlighted, 5 a link."""

    custom_id: str
    emoji: str
    label: str
    type: int = 2
    style: int = 2


Buttons = tuple[Button, ...]


def grid_buttons(job: str, verbs: frozenset[str]) -> Buttons:
    """Below four pictures. job: the uuid of `messageHash`. verbs: the actions that some channel of
    the task's group can do; buttons of others are left out."""
    upscales = [Button(f"MJ::JOB::upsample::{n}::{job}", "", f"U{n}") for n in range(1, 5)]
    reroll = Button(f"MJ::JOB::reroll::0::{job}::SOLO", "🔄", "")
    variations = [Button(f"MJ::JOB::variation::{n}::{job}", "", f"V{n}") for n in range(1, 5)]
    return _of(
        verbs,
        (("UPSCALE", upscales), ("REROLL", (reroll,)), ("VARIATION", variations)),
    )


def single_buttons(
    job: str, version: str, verbs: frozenset[str], *, square: bool, again: bool
) -> Buttons:
    """Below one picture. version: of the model, "6.1" or "niji 7". again: it is an upscale of an
    upscale: no pan there, but a reroll."""
    sets: list[tuple[str, Iterable[Button]]] = []
    if not again:
        sets.append(("UPSCALE", _upscales(job, version)))
    low = Button(f"MJ::JOB::low_variation::1::{job}::SOLO", _VARY, "Vary (Subtle)")
    high = Button(f"MJ::JOB::high_variation::1::{job}::SOLO", _VARY, "Vary (Strong)")
    region = Button(f"MJ::Inpaint::1::{job}::SOLO", "🖌️", "Vary (Region)")
    sets += [("LOW_VARIATION", (low,)), ("HIGH_VARIATION", (high,)), ("INPAINT", (region,))]
    sets += _zooms(job, square)
    if again:
        sets.append(("REROLL", (Button(f"MJ::JOB::reroll::0::{job}::SOLO", "🔄", ""),)))
    else:
        sets.append(("PAN", _pans(job)))
    sets.append(("VIDEO", _animations(job)))
    return (*_of(verbs, sets), Button(f"MJ::BOOKMARK::{job}", "❤️", ""))


def describe_buttons() -> Buttons:
    numbered = [Button(f"MJ::Job::PicReader::{n}", _KEYCAPS[n - 1], "") for n in range(1, 5)]
    retry = Button("MJ::Picread::Retry", "🔄", "")
    return (*numbered, retry, Button("MJ::Job::PicReader::all", "🎉", "Imagine all"))


def shorten_buttons() -> Buttons:
    numbered = [Button(f"MJ::Job::PromptAnalyzer::{n}", _KEYCAPS[n - 1], "") for n in range(1, 6)]
    return (*numbered, Button("MJ::Job::PromptAnalyzerExtended", "", "Show Details"))


def _upscales(job: str, version: str) -> tuple[Button, ...]:
    """By the model that drew; the oldest and the newest have none."""
    number = version.removeprefix("niji ")
    if number.split(".")[0] == "5":
        return tuple(_upscale(job, f"v5_{factor}", f"({factor})") for factor in ("2x", "4x"))
    family = {"6": "v6", "6.1": "v6r1", "7": "v7"}.get(number)
    if family is None:
        return ()
    kinds = (("subtle", "(Subtle)"), ("creative", "(Creative)"))
    return tuple(_upscale(job, f"{family}_2x_{kind}", label) for kind, label in kinds)


def _upscale(job: str, verb: str, label: str) -> Button:
    return Button(f"MJ::JOB::upsample_{verb}::1::{job}::SOLO", "upscale_1", f"Upscale {label}")


def _zooms(job: str, square: bool) -> list[tuple[str, Iterable[Button]]]:
    out = Button(f"MJ::Outpaint::50::1::{job}::SOLO", _ZOOM, "Zoom Out 2x")
    less = Button(f"MJ::Outpaint::75::1::{job}::SOLO", _ZOOM, "Zoom Out 1.5x")
    custom = Button(f"MJ::CustomZoom::{job}", _ZOOM, "Custom Zoom")
    sets: list[tuple[str, Iterable[Button]]] = [("ZOOM", (out, less)), ("CUSTOM_ZOOM", (custom,))]
    if not square:
        whole = Button(f"MJ::Outpaint::100::1::{job}::SOLO", "↔️", "Make Square")
        sets.append(("ZOOM", (whole,)))
    return sets


def _pans(job: str) -> tuple[Button, ...]:
    arrows = (("left", "⬅️"), ("right", "➡️"), ("up", "⬆️"), ("down", "⬇️"))
    return tuple(
        Button(f"MJ::JOB::pan_{side}::1::{job}::SOLO", arrow, "") for side, arrow in arrows
    )


def _animations(job: str) -> tuple[Button, ...]:
    kinds = (("high", "High"), ("low", "Low"))
    return tuple(
        Button(f"MJ::JOB::animate_{kind}::1::{job}::SOLO", _VIDEO, f"Animate ({label} motion)")
        for kind, label in kinds
    )


def _of(verbs: frozenset[str], sets: Iterable[tuple[str, Iterable[Button]]]) -> Buttons:
    return tuple(button for action, buttons in sets if action in verbs for button in buttons)
