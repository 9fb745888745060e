"""Counters, gauges and histograms of one process: plain dictionary increments, nothing shared.

Each process counts for itself and pushes what changed to the control process (`journal/push.py`),
which adds it up and shows it at /metrics. Labels are of low cardinality: never a token, never an
account, and a model only once something was served under its name.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from waystation.journal.row import Row

Kind = Literal["counter", "gauge", "histogram"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LONG_SECONDS = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 86400.0)
_SHORT_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0)
COMMIT_SECONDS_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
BATCH_SIZE_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

_MODELS_MAX = 1000
"""Distinct model labels; later ones count as `other`."""
OTHER = "other"


class Family(msgspec.Struct, frozen=True):
    """A metric as declared. bounds: upper bucket edges of a histogram. is_worst: of a gauge that
    several processes tell, the largest is shown, not the sum."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    is_worst: bool = False


def _families(*families: Family) -> Mapping[str, Family]:
    return {family.name: family for family in families}


REQUESTS = "waystation_requests_total"
ATTEMPTS = "waystation_attempts_total"
FIRST_TOKEN = "waystation_first_token_seconds"  # noqa: S105
OVERHEAD = "waystation_overhead_seconds"
TOKENS = "waystation_tokens_total"
CHARGE = "waystation_charge_nanos_total"
STREAMS_OPEN = "waystation_streams_open"
STREAM_ENDS = "waystation_stream_ends_total"
HOLDS_OPEN = "waystation_holds_open"
COMMIT_BATCH = "waystation_commit_batch_size"
COMMIT_SECONDS = "waystation_commit_seconds"
LOG_QUEUE = "waystation_log_queue_depth"
LOG_DROPPED = "waystation_log_dropped_total"
CHANNEL_STATE = "waystation_channel_state"
KEY_STATE = "waystation_key_state"
TASKS_IN_HAND = "waystation_tasks_in_hand"
TASK_AGE = "waystation_task_age_seconds"
HOOK_DELIVERIES = "waystation_hook_deliveries_total"

FAMILIES = _families(
    Family(REQUESTS, "counter", "Finished requests.", ("dialect", "group", "model", "status")),
    Family(ATTEMPTS, "counter", "Upstream attempts by outcome.", ("channel", "outcome")),
    Family(
        FIRST_TOKEN,
        "histogram",
        "Arrival to first content byte of streams.",
        ("channel", "group", "model"),
        _SECONDS,
    ),
    Family(OVERHEAD, "histogram", "The relay's own share of a request.", (), _SHORT_SECONDS),
    Family(TOKENS, "counter", "Billed tokens.", ("kind",)),
    Family(
        CHARGE, "counter", "Nano-USD charged (price), owed upstream (cost), lost (loss).", ("kind",)
    ),
    Family(STREAMS_OPEN, "gauge", "Streamed replies under way."),
    Family(STREAM_ENDS, "counter", "Streams by how they ended.", ("reason",)),
    Family(HOLDS_OPEN, "gauge", "Holds neither posted nor voided."),
    Family(
        COMMIT_BATCH, "histogram", "Commands in one commit of the ledger.", (), BATCH_SIZE_BOUNDS
    ),
    Family(COMMIT_SECONDS, "histogram", "One commit of the ledger.", (), COMMIT_SECONDS_BOUNDS),
    Family(LOG_QUEUE, "gauge", "Bytes of request log lines not written yet."),
    Family(LOG_DROPPED, "counter", "Request log lines or rows dropped."),
    Family(
        CHANNEL_STATE,
        "gauge",
        "0 healthy, 1 tried with care, 2 left alone; the worst that a worker knows.",
        ("channel",),
        is_worst=True,
    ),
    Family(
        KEY_STATE,
        "gauge",
        "Keys in trouble: 1 tried with care, 2 left alone; the worst that a worker knows.",
        ("channel", "upstream_key"),
        is_worst=True,
    ),
    Family(TASKS_IN_HAND, "gauge", "Tasks that the runners have: in a step or polled."),
    Family(TASK_AGE, "histogram", "Acceptance to end of tasks.", ("kind", "status"), _LONG_SECONDS),
    Family(HOOK_DELIVERIES, "counter", "Tries to tell of a task, by outcome.", ("result",)),
)

Key = tuple[str | int, ...]
"""The family's name, then its label values."""
_Sort = tuple[str, str, str, int]
"""A request's dialect, group, model and status."""


class Sample(msgspec.Struct, frozen=True, array_like=True):
    name: str
    labels: tuple[str, ...]
    value: float


class Buckets(msgspec.Struct, frozen=True, array_like=True):
    """counts: one more than the bounds, not cumulative. total: the sum of what was observed."""

    name: str
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    total: float


class Delta(msgspec.Struct, frozen=True):
    """What changed since the last one (counters, histograms), what is now (gauges)."""

    source: str
    counters: tuple[Sample, ...] = ()
    gauges: tuple[Sample, ...] = ()
    histograms: tuple[Buckets, ...] = ()


class Histogram:
    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def add(self, counts: Sequence[int], total: float) -> None:
        for index, count in enumerate(counts):
            self.counts[index] += count
        self.total += total


class RequestSums:
    """What the requests of one sort have in common: one look-up a request instead of six."""

    __slots__ = ("cost", "input", "loss", "output", "price", "requests")

    def __init__(self) -> None:
        self.requests = 0
        self.input = self.output = self.price = self.cost = self.loss = 0

    def add(self, row: Row) -> None:
        self.requests += 1
        if row.channel_id:
            self.input += row.input_tokens
            self.output += row.output_tokens
            self.price += row.nanos
            self.cost += row.cost_nanos
            self.loss += row.loss_nanos

    def amounts(self) -> tuple[tuple[Key, int], ...]:
        return (
            (_INPUT, self.input),
            (_OUTPUT, self.output),
            (_PRICE, self.price),
            (_COST, self.cost),
            (_LOSS, self.loss),
        )


class Metrics:
    """Everything one process counts; used from its loop only."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._counters: dict[Key, float] = {}
        self._requests: dict[_Sort, RequestSums] = {}
        self._gauges: dict[Key, float] = {}
        self._histograms: dict[Key, Histogram] = {}
        self._overhead = Histogram(_SHORT_SECONDS)
        self._models: set[str] = set()

    def count(self, *key: str | int, by: float = 1) -> None:
        """count(ATTEMPTS, "openai-1", "answered")."""
        counters = self._counters
        counters[key] = counters.get(key, 0) + by

    def gauge(self, value: float, *key: str | int) -> None:
        self._gauges[key] = value

    def gauges(self, name: str, values: Mapping[tuple[str, ...], float]) -> None:
        """All of a family, by labels; what is not named any more is gone."""
        kept = {key: value for key, value in self._gauges.items() if key[0] != name}
        self._gauges = kept | {(name, *labels): value for labels, value in values.items()}

    def observe(self, value: float, *key: str | int) -> None:
        histogram = self._histograms.get(key)
        if histogram is None:
            histogram = self._histograms[key] = Histogram(FAMILIES[str(key[0])].bounds)
        histogram.observe(value)

    def request(self, row: Row, overhead_seconds: float) -> None:
        """All that a finished request counts towards."""
        facts = row.facts
        counters = self._counters
        model = facts.model
        if model not in self._models:
            model = self._model(model, row.channel_id)
        sort = (facts.dialect, row.group or facts.group, model, row.status)
        sums = self._requests.get(sort)
        if sums is None:
            sums = self._requests[sort] = RequestSums()
        sums.add(row)
        for attempt in row.attempts:
            key: Key = (ATTEMPTS, attempt.channel, attempt.outcome)
            counters[key] = counters.get(key, 0) + 1
        if facts.stream and row.end != "refused":
            key = (STREAM_ENDS, row.end)
            counters[key] = counters.get(key, 0) + 1
            if row.first_millis:
                channel = row.attempts[-1].channel if row.attempts else ""
                self.observe(row.first_millis / 1000, FIRST_TOKEN, channel, sort[1], model)
        overhead = self._overhead
        overhead.counts[bisect_left(_SHORT_SECONDS, overhead_seconds)] += 1
        overhead.total += overhead_seconds

    def _model(self, model: str, channel_id: int) -> str:
        """Callers may name anything: a name becomes a label once it was served, and not for ever
        more of them."""
        if channel_id and len(self._models) < _MODELS_MAX:
            self._models.add(model)
            return model
        return OTHER

    def snapshot_delta(self) -> Delta:
        """What changed since the last call; the counters begin anew."""
        self._add_requests()
        counters, self._counters = self._counters, {}
        histograms, self._histograms = self._histograms, {}
        return Delta(
            source=self.source,
            counters=_samples(counters),
            gauges=_samples(self._gauges),
            histograms=tuple(
                Buckets(str(key[0]), tuple(map(str, key[1:])), tuple(h.counts), h.total)
                for key, h in histograms.items()
            ),
        )

    def _add_requests(self) -> None:
        """What requests summed up to, as counters; the sums begin anew."""
        requests, self._requests = self._requests, {}
        for sort, sums in requests.items():
            self.count(REQUESTS, *sort, by=sums.requests)
            for key, amount in sums.amounts():
                if amount:
                    self.count(*key, by=amount)
        overhead, self._overhead = self._overhead, Histogram(_SHORT_SECONDS)
        if any(overhead.counts):
            self._histograms.setdefault((OVERHEAD,), Histogram(_SHORT_SECONDS)).add(
                overhead.counts, overhead.total
            )

    def restore(self, delta: Delta) -> None:
        """Take back a delta that could not be delivered, so that nothing is lost."""
        for sample in delta.counters:
            self.count(sample.name, *sample.labels, by=sample.value)
        for buckets in delta.histograms:
            key = (buckets.name, *buckets.labels)
            histogram = self._histograms.setdefault(key, Histogram(FAMILIES[buckets.name].bounds))
            histogram.add(buckets.counts, buckets.total)


_INPUT: Key = (TOKENS, "input")
_OUTPUT: Key = (TOKENS, "output")
_PRICE: Key = (CHARGE, "price")
_COST: Key = (CHARGE, "cost")
_LOSS: Key = (CHARGE, "loss")


def _samples(values: Mapping[Key, float]) -> tuple[Sample, ...]:
    """A status is a number when counted and text when taken back: one label all the same."""
    sums: dict[tuple[str, ...], float] = {}
    for key, value in values.items():
        named = tuple(map(str, key))
        sums[named] = sums.get(named, 0) + value
    return tuple(Sample(key[0], key[1:], value) for key, value in sums.items())
