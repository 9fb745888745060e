"""What the dashboard and the alerts ask for is what /metrics shows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from waystation.journal.metrics import FAMILIES

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "waystation.json"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
_SERIES = re.compile(r"(waystation_[a-z_]+)(?:\{([^}]*)\})?")
_BY = re.compile(r"by \(([^)]*)\)")
_PARTS = ("_bucket", "_sum", "_count")


def expressions() -> Iterator[tuple[str, str]]:
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_series_and_label_exists(where: str, expression: str) -> None:
    labels: set[str] = set()
    for name, matchers in _SERIES.findall(expression):
        part = next((part for part in _PARTS if name.endswith(part)), "")
        family = FAMILIES.get(name) or FAMILIES[name.removesuffix(part)]
        assert (family.kind == "histogram") == bool(name not in FAMILIES), (where, name)
        labels |= {*family.labels, *(("le",) if part == "_bucket" else ())}
        for matcher in filter(None, matchers.split(",")):
            assert re.split(r"[=!~]", matcher.strip())[0] in family.labels, (where, matcher)
    for listed in _BY.findall(expression):
        assert {label.strip() for label in listed.split(",")} <= labels, (where, listed)
    assert expression.count("(") == expression.count(")")


def test_every_metric_is_on_the_dashboard() -> None:
    shown = " ".join(expression for _, expression in expressions())
    assert [name for name in FAMILIES if name not in shown] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_alert_is_explained(language: str) -> None:
    guide = (ROOT / "docs" / "guides" / language / "sight.md").read_text()
    explained = set(re.findall(r"^\| `(Waystation[A-Za-z]+)` \|", guide, re.M))
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    assert explained == {rule["alert"] for group in groups for rule in group["rules"]}
