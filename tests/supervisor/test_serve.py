from pathlib import Path

import pytest
from pydantic import SecretStr

from waystation.serve import children_of, environment_of
from waystation.settings import Settings


def test_a_child_reads_the_settings_that_its_parent_had(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Settings(
        data=Path("elsewhere"),
        port=0,
        workers=3,
        master_key=SecretStr("a key"),
        trusted_proxies=("10.0.0.0/8", "::1"),
        drain_seconds_max=1.5,
        language="en",
    )
    for name, value in environment_of(told).items():
        monkeypatch.setenv(name, value)
    assert Settings() == told


def test_the_gateways_stop_first_and_the_ledger_last() -> None:
    settings = Settings(workers=2, drain_notice_seconds=1, drain_seconds_max=20)
    children = children_of(settings, "boot-1")
    assert [(child.name, child.stage) for child in children] == [
        ("ledger", 2),
        ("control", 1),
        ("gateway-1", 0),
        ("gateway-2", 0),
    ]
    assert {child.environment["WAYSTATION_BOOT"] for child in children} == {"boot-1"}
    assert [child.environment.get("WAYSTATION_WORKER") for child in children[2:]] == ["1", "2"]
    assert children[2].stop_seconds_max == 26
    assert children[0].command[1:] == ("-m", "waystation", "ledger")
