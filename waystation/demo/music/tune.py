"""A tune as notes: chords that go round, a melody that mostly walks, a bass that keeps time."""

import random
from collections.abc import Iterator

import msgspec

from waystation.demo.music.mood import Mood

SECONDS = 18.0
"""About so long; whole phrases."""

_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
_ROUNDS = ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 4, 3))
_RHYTHMS = {
    4: ((1, 1, 1, 1), (2, 1, 1), (1, 1, 2), (1.5, 0.5, 1, 1), (1, 0.5, 0.5, 2)),
    3: ((1, 1, 1), (2, 1), (1.5, 0.5, 1), (3,)),
}
_PHRASE_BARS = 4


class Note(msgspec.Struct, frozen=True):
    """at, length: beats. pitch: MIDI's; 0: a beat of the drum. voice: of the synthesiser."""

    at: float
    length: float
    pitch: int
    voice: str


class Tune(msgspec.Struct, frozen=True):
    notes: tuple[Note, ...]
    beats: int
    tempo: int

    @property
    def seconds(self) -> float:
        return self.beats * 60 / self.tempo


def compose(mood: Mood) -> Tune:
    """The same mood, the same tune."""
    dice = random.Random(mood.seed)
    bar_seconds = mood.beats * 60 / mood.tempo
    phrases = max(2, round(SECONDS / bar_seconds / _PHRASE_BARS))
    bars = phrases * _PHRASE_BARS
    chords = dice.choice(_ROUNDS)
    motif = [list(_bar(mood, dice)) for _ in range(_PHRASE_BARS)]
    answer = [list(_bar(mood, dice)) for _ in range(_PHRASE_BARS)]
    notes: list[Note] = []
    degree = 4
    for bar in range(bars):
        root = chords[bar % _PHRASE_BARS] if bar < bars - 1 else 0
        phrase = answer if bar // _PHRASE_BARS % 2 else motif
        degree = _sing(mood, notes, bar, phrase[bar % _PHRASE_BARS], degree, root)
        notes += _below(mood, bar, root)
        if mood.lively:
            notes += _drums(mood, bar)
    return Tune(tuple(notes), bars * mood.beats, mood.tempo)


def _bar(mood: Mood, dice: random.Random) -> Iterator[tuple[float, int]]:
    """(length, step) of each note: where the melody goes from where it was."""
    for length in dice.choice(_RHYTHMS[mood.beats]):
        yield length, dice.choice((-2, -1, -1, 0, 1, 1, 2, 3, -3))


def _sing(
    mood: Mood, notes: list[Note], bar: int, steps: list[tuple[float, int]], degree: int, root: int
) -> int:
    """The melody's bar; its first note belongs to the chord."""
    at = float(bar * mood.beats)
    for number, (length, step) in enumerate(steps):
        degree = min(11, max(-2, degree + step))
        if number == 0:
            degree = _nearest(degree, root)
        notes.append(Note(at, length, _pitch(mood, degree + 7), "lead"))
        at += length
    return degree


def _below(mood: Mood, bar: int, root: int) -> Iterator[Note]:
    start = float(bar * mood.beats)
    for each in (0, 2, 4):
        yield Note(start, mood.beats, _pitch(mood, root + each), "pad")
    low = _pitch(mood, root) - 12
    if mood.beats == 3:
        yield Note(start, 1, low, "bass")
        yield Note(start + 1, 1, low + 7, "bass")
        yield Note(start + 2, 1, low + 7, "bass")
        return
    yield Note(start, 2, low, "bass")
    yield Note(start + 2, 2, low + (7 if bar % 2 else 0), "bass")


def _drums(mood: Mood, bar: int) -> Iterator[Note]:
    for beat in range(mood.beats):
        voice = "kick" if beat % 2 == 0 else "snare"
        yield Note(bar * mood.beats + beat, 0.25, 0, voice)


def _pitch(mood: Mood, degree: int) -> int:
    scale = _MINOR if mood.minor else _MAJOR
    octave, step = divmod(degree, 7)
    return mood.root + 12 * octave + scale[step]


def _nearest(degree: int, root: int) -> int:
    """The chord's note that is nearest to where the melody is."""
    own = [root + each + 7 * octave for octave in (-1, 0, 1) for each in (0, 2, 4)]
    return min(own, key=lambda each: abs(each - degree))
