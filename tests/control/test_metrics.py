"""From counters in a gateway to Prometheus text."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.control.conftest import BOOT, Console
from tests.journal.rows import row
from waystation.control import aggregate
from waystation.control.aggregate import Aggregate, DeltaRefused
from waystation.journal.metrics import (
    ATTEMPTS,
    CHANNEL_STATE,
    COMMIT_BATCH,
    FAMILIES,
    HOLDS_OPEN,
    STREAMS_OPEN,
    Buckets,
    Delta,
    Metrics,
    Sample,
)
from waystation.journal.push import push
from waystation.ledger.questions import AskVersions

SCRAPE = {"authorization": "Bearer scrape-me"}


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_what_gateways_count_is_shown_once(console: Console) -> None:
    for name in ("gateway-1", "gateway-2"):
        metrics = Metrics(name)
        metrics.request(row(), 0.0003)
        metrics.gauge(2, STREAMS_OPEN)
        for _ in range(2):  # the second push has nothing new but the gauge
            assert await push(metrics, console.services.settings.control_socket, BOOT)
    shown = samples(await (await console.call("GET", "/metrics", SCRAPE)).text())
    labels = ("openai_chat", "default", "gpt-4o-mini", "200")
    assert shown["waystation_requests_total", labels] == 2
    assert shown["waystation_streams_open", ()] == 4
    assert shown["waystation_tokens_total", ("output",)] == 40
    assert shown["waystation_charge_nanos_total", ("price",)] == 2 * 12_345
    assert shown["waystation_overhead_seconds_count", ()] == 2
    assert shown["waystation_overhead_seconds_bucket", ("0.00025",)] == 0
    assert shown["waystation_overhead_seconds_bucket", ("0.0005",)] == 2
    assert shown["waystation_overhead_seconds_bucket", ("+Inf",)] == 2


async def test_commits_of_the_ledger_are_shown(console: Console) -> None:
    first = samples(await (await console.call("GET", "/metrics", SCRAPE)).text())
    await console.services.ledger.ask(AskVersions("a commit of its own"))
    second = samples(await (await console.call("GET", "/metrics", SCRAPE)).text())
    for name in ("waystation_commit_seconds_count", "waystation_commit_batch_size_count"):
        assert second[name, ()] > first[name, ()]


async def test_nothing_is_taken_without_the_boot_id(console: Console) -> None:
    metrics = Metrics("stranger")
    metrics.count(ATTEMPTS, "north", "answered")
    assert not await push(metrics, console.services.settings.control_socket, "another boot")
    shown = samples(await (await console.call("GET", "/metrics", SCRAPE)).text())
    assert ("waystation_attempts_total", ("north", "answered")) not in shown


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"source":"x","counters":[["made_up",[],1]]}',
        b'{"source":"x","counters":[["waystation_attempts_total",["one"],1]]}',
    ],
)
async def test_a_delta_that_is_none_is_refused(console: Console, body: bytes) -> None:
    headers = {"x-waystation-boot": BOOT}
    assert (await console.direct("POST", "/internal/metrics", headers, data=body)).status == 400


def test_every_family_is_shown_even_before_anything_happened() -> None:
    text = Aggregate().text().decode()
    for name in FAMILIES:
        assert f"# HELP {name}" in text


def test_gauges_of_a_process_that_went_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(aggregate, "monotonic", lambda: now)
    whole = Aggregate()
    whole.take(Delta("ledger-old", gauges=(Sample(HOLDS_OPEN, (), 7),)))
    now += aggregate.GAUGE_SECONDS_MAX + 1
    whole.take(Delta("ledger-new", gauges=(Sample(HOLDS_OPEN, (), 5),)))
    assert samples(whole.text().decode())["waystation_holds_open", ()] == 5


def test_a_channel_is_as_bad_as_the_worst_that_a_worker_knows() -> None:
    whole = Aggregate()
    for name, north, south in (("gateway-1", 0, 1), ("gateway-2", 2, 1)):
        metrics = Metrics(name)
        metrics.gauges(CHANNEL_STATE, {("gone",): 2})
        metrics.gauges(CHANNEL_STATE, {("north",): north, ("south",): south})
        whole.take(metrics.snapshot_delta())
    shown = samples(whole.text().decode())
    assert shown["waystation_channel_state", ("north",)] == 2
    assert shown["waystation_channel_state", ("south",)] == 1
    assert ("waystation_channel_state", ("gone",)) not in shown


def test_a_histogram_of_other_buckets_is_refused_whole() -> None:
    whole = Aggregate()
    with pytest.raises(DeltaRefused):
        whole.take(
            Delta(
                "x",
                counters=(Sample(ATTEMPTS, ("north", "answered"), 1),),
                histograms=(Buckets(COMMIT_BATCH, (), (1, 2), 3.0),),
            )
        )
    assert 'channel="north"' not in whole.text().decode()


def test_the_number_of_series_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "_SERIES_MAX", 10)
    whole = Aggregate()
    for number in range(50):
        whole.take(Delta("x", counters=(Sample(ATTEMPTS, (str(number), "answered"), 1),)))
    assert whole.text().decode().count("waystation_attempts_total{") == 10
