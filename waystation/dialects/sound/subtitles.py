"""A transcript with its times as subtitles."""

from collections.abc import Sequence
from typing import NamedTuple


class Segment(NamedTuple):
    """start, end: seconds."""

    start: float
    end: float
    text: str


def srt(segments: Sequence[Segment]) -> str:
    """SubRip: numbered, commas in the times."""
    blocks = (
        f"{number}\n{_time(one.start, ',')} --> {_time(one.end, ',')}\n{_lines(one.text)}\n\n"
        for number, one in enumerate(segments, 1)
    )
    return "".join(blocks)


def vtt(segments: Sequence[Segment]) -> str:
    """WebVTT. What would be read as markup is written as text."""
    blocks = (
        f"{_time(one.start, '.')} --> {_time(one.end, '.')}\n{_escaped(_lines(one.text))}\n\n"
        for one in segments
    )
    return "WEBVTT\n\n" + "".join(blocks)


_MILLIS_MOST = 100 * 3600 * 1000 - 1
"""What two digits of hours can tell; an upstream may say anything."""


def _time(seconds: float, point: str) -> str:
    millis = int(min(max(0.0, seconds * 1000 + 0.5), _MILLIS_MOST))
    whole, millis = divmod(millis, 1000)
    minutes, whole = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{whole:02}{point}{millis:03}"


def _lines(text: str) -> str:
    """A blank line would end the subtitle, an arrow would begin another."""
    lines = (line.strip() for line in text.strip().splitlines())
    return "\n".join(line for line in lines if line).replace("-->", "->")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
