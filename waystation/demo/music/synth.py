"""Notes into samples: waves out of small tables, shaped, added up. No libraries: what there is to
compute fits into a second of a thread."""

import math
import random
from array import array
from functools import lru_cache
from operator import add

from waystation.demo.music.tune import Note, Tune
from waystation.sound.pcm import Pcm

RATE = 24_000
_TABLE = 2048
_PEAK = 0.8 * 32767
_TAIL_SECONDS = 0.6
_HARMONICS = {
    "lead": (1.0, 0.35, 0.2, 0.08, 0.05),
    "pad": (1.0, 0.5, 0.12),
    "bass": (1.0, 0.3, 0.15),
}
_GAIN = {"lead": 0.5, "pad": 0.13, "bass": 0.42, "kick": 0.5, "snare": 0.18}
_ATTACK_SECONDS = {"lead": 0.012, "pad": 0.12, "bass": 0.008}


def render(tune: Tune) -> Pcm:
    """Mono."""
    beat = 60 / tune.tempo
    mix = array("d", bytes(8 * int((tune.seconds + _TAIL_SECONDS) * RATE)))
    known: dict[tuple[int, float, str], array[float]] = {}
    for note in tune.notes:
        key = (note.pitch, note.length, note.voice)
        wave = known.get(key)
        if wave is None:
            wave = known[key] = _wave(note, note.length * beat)
        start = int(note.at * beat * RATE)
        end = min(start + len(wave), len(mix))
        mix[start:end] = array("d", map(add, mix[start:end], wave[: end - start]))
    return Pcm(_levelled(mix), RATE)


def joined(first: Pcm, seconds: float, second: Pcm) -> Pcm:
    """The one up to then, and on with the other."""
    count = min(len(first.samples), int(seconds * RATE) or len(first.samples))
    return Pcm(first.samples[:count] + second.samples, RATE)


def _wave(note: Note, seconds: float) -> "array[float]":
    if note.voice == "kick":
        return _thump()
    if note.voice == "snare":
        return _hiss()
    return _tone(note.pitch, seconds, note.voice)


def _tone(pitch: int, seconds: float, voice: str) -> "array[float]":
    table = _table(voice)
    step = 440 * 2 ** ((pitch - 69) / 12) * _TABLE / RATE
    attack = int(_ATTACK_SECONDS[voice] * RATE)
    held = int(seconds * RATE)
    release = min(int(0.12 * RATE), held)
    fade = 0.99990 if voice == "bass" else 0.99995
    gain, level = _GAIN[voice], 1.0
    wave = array("d", bytes(8 * (held + release)))
    for at in range(len(wave)):
        level *= fade
        shape = level
        if at < attack:
            shape *= at / attack
        elif at >= held:
            shape *= 1 - (at - held) / release
        wave[at] = gain * shape * table[int(at * step) & (_TABLE - 1)]
    return wave


@lru_cache
def _table(voice: str) -> tuple[float, ...]:
    turn = 2 * math.pi / _TABLE
    parts = _HARMONICS[voice]
    return tuple(
        sum(part * math.sin(turn * at * number) for number, part in enumerate(parts, start=1))
        for at in range(_TABLE)
    )


@lru_cache
def _thump() -> "array[float]":
    """A falling tone that dies at once."""
    count = int(0.16 * RATE)
    gain = _GAIN["kick"]
    return array(
        "d",
        (
            gain
            * math.exp(-at / 700)
            * math.sin(2 * math.pi * (45 * at / RATE + 0.9 * (1 - math.exp(-at / 500))))
            for at in range(count)
        ),
    )


@lru_cache
def _hiss() -> "array[float]":
    dice = random.Random(7)
    gain = _GAIN["snare"]
    return array("d", (gain * math.exp(-at / 500) * dice.uniform(-1, 1) for at in range(2400)))


def _levelled(mix: "array[float]") -> "array[int]":
    loudest = max(max(mix), -min(mix), 1e-9)
    factor = _PEAK / loudest
    return array("h", [int(each * factor) for each in mix])
