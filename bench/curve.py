"""The curve of a long run as a picture: what each process has of memory and descriptors, and how
long the gateway takes for a question that needs nobody else.

    python -m bench.curve curve.csv picture.svg
"""

import csv
import sys
from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

WIDTH, PANEL, LEFT, RIGHT, GAP, TOP = 860, 150, 64, 16, 46, 30
COLOURS = ("#0a7cff", "#d9480f", "#2b8a3e", "#9c36b5", "#c2255c", "#0b7285")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#343a40}.t{font-weight:600}"
    "line{stroke:#adb5bd;stroke-width:.6}polyline{fill:none;stroke-width:1.4}"
    "rect{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#ced4da}line{stroke:#495057}"
    "rect{fill:#14171a}}"
)

Points = list[tuple[float, float]]


class Sample(NamedTuple):
    """at_seconds: since the start."""

    at_seconds: float
    process: str
    rss_mib: float
    descriptors: float
    lag_ms: float


class Panel(NamedTuple):
    """lines: by the name of each."""

    title: str
    lines: dict[str, Points]

    @property
    def most(self) -> float:
        return max((value for points in self.lines.values() for _, value in points), default=0.0)


def read(file: Path) -> list[Sample]:
    """A curve.csv of tests/endurance."""
    with file.open(newline="") as lines:
        return [
            Sample(
                float(row["at_seconds"]), row["process"], int(row["rss_kib"]) / 1024,
                float(row["descriptors"]), float(row["lag_seconds"]) * 1000,
            )
            for row in csv.DictReader(lines)
        ]  # fmt: skip


def panels(samples: Sequence[Sample]) -> list[Panel]:
    def each(value: Callable[[Sample], float]) -> dict[str, Points]:
        ordered = sorted(samples, key=lambda one: one.process)
        return {
            name: [(one.at_seconds, value(one)) for one in mine]
            for name, mine in groupby(ordered, key=lambda one: one.process)
        }

    lags: dict[float, float] = {one.at_seconds: one.lag_ms for one in samples}
    return [
        Panel("Resident memory, MiB", each(lambda one: one.rss_mib)),
        Panel("Open descriptors", each(lambda one: one.descriptors)),
        Panel("Answer to /livez, ms", {"gateway": sorted(lags.items())}),
    ]


def round_up(value: float) -> float:
    """To a figure that looks well at the end of an axis."""
    step = 1.0
    while True:
        for factor in (1, 2, 5):
            if value <= step * factor:
                return step * factor
        step *= 10


def drawn(samples: Sequence[Sample]) -> str:
    """SVG."""
    last = max(one.at_seconds for one in samples)
    made = panels(samples)
    height = TOP + len(made) * (PANEL + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{last / 60:.0f} minutes of mixed traffic with faults</title>",
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{height}"/>',
    ]
    for number, panel in enumerate(made):
        parts.append(_panel(panel, TOP + number * (PANEL + GAP), last))
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Panel, top: float, last: float) -> str:
    most, across = round_up(panel.most), WIDTH - LEFT - RIGHT
    parts = [f'<text class="t" x="{LEFT}" y="{top - 8}">{escape(panel.title)}</text>']
    for share in (0.0, 0.5, 1.0):
        y = top + PANEL * (1 - share)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{most * share:g}</text>'
        )
    for minutes in range(0, int(last / 60) + 1, _minutes_apart(last)):
        x = LEFT + across * minutes * 60 / last
        label = f"{minutes} min" if minutes else "0"
        parts.append(
            f'<text x="{x:.1f}" y="{top + PANEL + 16}" text-anchor="middle">{label}</text>'
        )
    right = WIDTH - RIGHT
    for (name, points), colour in zip(reversed(panel.lines.items()), COLOURS, strict=False):
        line = " ".join(
            f"{LEFT + across * at / last:.1f},{top + PANEL * (1 - value / most):.1f}"
            for at, value in points
        )
        parts.append(f'<polyline stroke="{colour}" points="{line}"/>')
        parts.append(
            f'<text x="{right}" y="{top - 8}" text-anchor="end" style="fill:{colour}">'
            f"{escape(name)}</text>"
        )
        right -= 8 * len(name) + 12
    return "\n".join(parts)


def _minutes_apart(last: float) -> int:
    """At most a dozen marks."""
    return next(step for step in (1, 2, 5, 10, 20, 60, 240, 1440) if last / 60 / step <= 12)


def main(words: Sequence[str]) -> int:
    if len(words) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, target = map(Path, words)
    target.write_text(drawn(read(source)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
