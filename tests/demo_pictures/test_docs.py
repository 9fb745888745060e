"""The guides name every fault, in both languages, and no other."""

import re
from pathlib import Path

import pytest

from waystation.demo.pictures.faults import KINDS

GUIDES = Path(__file__).parents[2] / "docs" / "guides"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_fault_is_in_the_guide(language: str) -> None:
    text = (GUIDES / language / "relay-toml.md").read_text()
    rows = [line for line in text[text.index("x-demo-fault") :].splitlines() if line[:3] == "| `"]
    named = [name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(KINDS)
