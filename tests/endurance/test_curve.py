"""A curve becomes a picture that anything can show."""

from pathlib import Path
from xml.etree import ElementTree

from bench.curve import drawn, main, read, round_up
from tests.endurance.gauges import Sample

SVG = "{http://www.w3.org/2000/svg}"


def test_each_process_has_its_lines(tmp_path: Path) -> None:
    lines = [",".join(Sample._fields)]
    for at in range(0, 7200, 60):
        for process, size in (("ledger", 60_000), ("control", 130_000), ("gateway-1", 90_000 + at)):
            lines.append(f"{at}.0,{process},{size},{20 + at % 3},9,{0.001 * (at % 5):.4f}")
    curve, picture = tmp_path / "curve.csv", tmp_path / "picture.svg"
    curve.write_text("\n".join(lines) + "\n")
    assert main([str(curve), str(picture)]) == 0
    root = ElementTree.fromstring(picture.read_text())
    drawn_lines = [one.attrib["points"].split() for one in root.iter(f"{SVG}polyline")]
    assert [len(points) for points in drawn_lines] == [120] * 7  # 3 + 3 + 1
    texts = {one.text for one in root.iter(f"{SVG}text")}
    assert {"ledger", "control", "gateway-1", "100 min"} <= texts
    x, y = map(float, drawn_lines[0][-1].split(","))
    assert 0 < x <= 860
    assert 0 < y < 620
    assert drawn(read(curve)) == picture.read_text()


def test_axes_end_at_round_figures() -> None:
    assert [round_up(value) for value in (0, 3, 11, 137, 500, 501)] == [1, 5, 20, 200, 500, 1000]


def test_who_names_no_files_is_told_how(capsys: object) -> None:
    assert main([]) == 2
