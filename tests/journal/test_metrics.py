"""Counting, and handing over what was counted."""

import msgspec

from tests.journal.rows import ATTEMPT, row
from waystation.journal.metrics import (
    ATTEMPTS,
    CHARGE,
    COMMIT_BATCH,
    FAMILIES,
    FIRST_TOKEN,
    OTHER,
    REQUESTS,
    STREAM_ENDS,
    STREAMS_OPEN,
    TOKENS,
    Delta,
    Metrics,
)


def counted(delta: Delta) -> dict[tuple[str, ...], float]:
    return {(s.name, *s.labels): s.value for s in delta.counters}


def test_a_served_request_counts_everywhere() -> None:
    metrics = Metrics("gateway-0")
    metrics.request(row(cost_nanos=6_000, loss_nanos=7), 0.0002)
    delta = metrics.snapshot_delta()
    assert counted(delta) == {
        (REQUESTS, "openai_chat", "default", "gpt-4o-mini", "200"): 1,
        (ATTEMPTS, "north", "answered"): 1,
        (TOKENS, "input"): 10,
        (TOKENS, "output"): 20,
        (CHARGE, "price"): 12_345,
        (CHARGE, "cost"): 6_000,
        (CHARGE, "loss"): 7,
        (STREAM_ENDS, "complete"): 1,
    }
    first = next(h for h in delta.histograms if h.name == FIRST_TOKEN)
    assert sum(first.counts) == 1
    assert first.total == 0.1
    assert first.labels == ("north", "default", "gpt-4o-mini")


def test_a_refused_request_counts_as_a_request_only() -> None:
    metrics = Metrics("gateway-0")
    metrics.request(row(status=429, end="refused", channel_id=0, attempts=(), nanos=0), 0.0001)
    assert set(counted(metrics.snapshot_delta())) == {
        (REQUESTS, "openai_chat", "default", OTHER, "429")
    }


def test_invented_model_names_do_not_become_labels() -> None:
    metrics = Metrics("gateway-0")
    for number in range(2000):
        metrics.request(
            row(facts={"model": f"made-up-{number}"}, status=404, end="refused", channel_id=0), 0.0
        )
    models = {s.labels[2] for s in metrics.snapshot_delta().counters if s.name == REQUESTS}
    assert models == {OTHER}


def test_served_models_are_bounded_too() -> None:
    metrics = Metrics("gateway-0")
    for number in range(1200):
        metrics.request(row(facts={"model": f"gpt-4-gizmo-{number}"}), 0.0)
    models = {s.labels[2] for s in metrics.snapshot_delta().counters if s.name == REQUESTS}
    assert len(models) == 1001


def test_a_delta_tells_each_thing_once() -> None:
    metrics = Metrics("gateway-0")
    metrics.count(ATTEMPTS, "north", "answered")
    metrics.gauge(3, STREAMS_OPEN)
    metrics.observe(5, COMMIT_BATCH)
    first, second = metrics.snapshot_delta(), metrics.snapshot_delta()
    assert counted(first) == {(ATTEMPTS, "north", "answered"): 1}
    assert counted(second) == {}
    assert first.gauges == second.gauges
    assert not second.histograms


def test_an_undelivered_delta_is_taken_back() -> None:
    metrics = Metrics("gateway-0")
    metrics.request(row(), 0.01)
    delta = metrics.snapshot_delta()
    metrics.request(row(), 0.01)
    metrics.restore(delta)
    twice = metrics.snapshot_delta()
    assert counted(twice) == {key: 2 * value for key, value in counted(delta).items()}
    assert {sum(h.counts) for h in twice.histograms} == {2}


def test_bucket_edges_belong_to_their_bucket() -> None:
    metrics = Metrics("ledger")
    for size in (1, 2, 3, 1100):
        metrics.observe(size, COMMIT_BATCH)
    (batch,) = metrics.snapshot_delta().histograms
    assert batch.counts == (1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1)
    assert batch.total == 1106


def test_a_delta_survives_the_wire() -> None:
    metrics = Metrics("gateway-0")
    metrics.request(row(attempts=(ATTEMPT, ATTEMPT)), 0.01)
    delta = metrics.snapshot_delta()
    assert msgspec.json.decode(msgspec.json.encode(delta), type=Delta) == delta


def test_no_family_is_labelled_by_who_called() -> None:
    for family in FAMILIES.values():
        assert not {"token", "account", "email", "peer", "key"} & set(family.labels)
