"""The metrics of all processes, added up from what they push, shown as Prometheus text.

Counters and histograms are sums of deltas; they begin anew when this process does, which is what
Prometheus expects of a restart. A gauge is the sum over the processes that spoke
lately, or their worst.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from waystation.journal.metrics import (
    CHANNEL_STATE,
    COMMIT_BATCH,
    COMMIT_SECONDS,
    FAMILIES,
    FIRST_TOKEN,
    KEY_STATE,
    Buckets,
    Delta,
    Family,
    Histogram,
    Sample,
)
from waystation.kernel.clock import monotonic, now_ms
from waystation.ledger.questions import Figures

GAUGE_SECONDS_MAX = 15.0
"""A process that pushed nothing for so long is gone, and so are its gauges."""
_SERIES_MAX = 20_000
HOUR_MS = 3_600_000
FIRST_TOKEN_HOURS = 24
_FIRST_TOKEN_SERIES_MAX = 2000

Labels = tuple[str, ...]


class DeltaRefused(Exception):
    """It names what is not declared."""


class Aggregate(Collector):
    """Takes deltas, shows the whole."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, Labels], float] = {}
        self._histograms: dict[tuple[str, Labels], Histogram] = {}
        self._first_tokens: dict[int, dict[Labels, Histogram]] = {}
        self._gauges: dict[str, tuple[float, tuple[Sample, ...]]] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def take(self, delta: Delta) -> None:
        """Raises DeltaRefused; then nothing of it was taken."""
        for sample in (*delta.counters, *delta.gauges):
            _check(sample.name, sample.labels)
        for buckets in delta.histograms:
            family = _check(buckets.name, buckets.labels)
            if len(buckets.counts) != len(family.bounds) + 1:
                raise DeltaRefused(f"{buckets.name}: {len(buckets.counts)} buckets")
        self._count(delta.counters)
        self._observe(delta.histograms)
        self._gauges[delta.source] = (monotonic(), delta.gauges)

    def _count(self, samples: tuple[Sample, ...]) -> None:
        for sample in samples:
            key = (sample.name, sample.labels)
            if key in self._counters or len(self._counters) < _SERIES_MAX:
                self._counters[key] = self._counters.get(key, 0) + sample.value

    def _observe(self, histograms: tuple[Buckets, ...]) -> None:
        for buckets in histograms:
            if buckets.name == FIRST_TOKEN:
                self._note_first_token(buckets)
            key = (buckets.name, buckets.labels)
            sums = self._histograms.get(key)
            if sums is None:
                if len(self._histograms) >= _SERIES_MAX:
                    continue
                sums = self._histograms[key] = Histogram(FAMILIES[buckets.name].bounds)
            sums.total += buckets.total
            for index, count in enumerate(buckets.counts):
                sums.counts[index] += count

    def ledger(self, figures: Figures) -> None:
        """What the ledger counted since its start, in place of what it said before."""
        for name, counts, total in (
            (COMMIT_SECONDS, figures.commit_seconds_counts, figures.commit_seconds),
            (COMMIT_BATCH, figures.batch_size_counts, float(figures.commands)),
        ):
            told = self._histograms[name, ()] = Histogram(FAMILIES[name].bounds)
            told.counts = list(counts)
            told.total = total

    def channel_states(self) -> dict[str, float]:
        """By name: 0 live, 1 being tried, above: parked; the worst that a gateway found."""
        return {
            labels[0]: value
            for (name, labels), value in self._gauge_sums().items()
            if name == CHANNEL_STATE
        }

    def key_states(self) -> dict[tuple[str, str], float]:
        """By (channel's name, key's id): those in trouble; the worst that a gateway found."""
        return {
            (labels[0], labels[1]): value
            for (name, labels), value in self._gauge_sums().items()
            if name == KEY_STATE
        }

    def first_tokens(self) -> dict[Labels, Histogram]:
        """Of the last FIRST_TOKEN_HOURS at most, by channel, group and model."""
        oldest = now_ms() // HOUR_MS - FIRST_TOKEN_HOURS + 1
        sums: dict[Labels, Histogram] = {}
        for hour, told in self._first_tokens.items():
            for labels, counted in told.items() if hour >= oldest else ():
                whole = sums.setdefault(labels, Histogram(counted.bounds))
                whole.add(counted.counts, counted.total)
        return sums

    def recall_first_token(self, labels: Labels, seconds: float, at_ms: int) -> None:
        """One of before this process began; told of no metric."""
        one = Histogram(FAMILIES[FIRST_TOKEN].bounds)
        one.observe(seconds)
        self._note_first_token(Buckets(FIRST_TOKEN, labels, tuple(one.counts), one.total), at_ms)

    def _note_first_token(self, buckets: Buckets, at_ms: int | None = None) -> None:
        hour = (now_ms() if at_ms is None else at_ms) // HOUR_MS
        if hour not in self._first_tokens:
            oldest = now_ms() // HOUR_MS - FIRST_TOKEN_HOURS + 1
            kept = {at: told for at, told in self._first_tokens.items() if at >= oldest}
            self._first_tokens = kept | {hour: {}}
        told = self._first_tokens[hour]
        if buckets.labels in told or len(told) < _FIRST_TOKEN_SERIES_MAX:
            counted = told.setdefault(buckets.labels, Histogram(FAMILIES[FIRST_TOKEN].bounds))
            counted.add(buckets.counts, buckets.total)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        gauges = self._gauge_sums()
        for family in FAMILIES.values():
            if family.kind == "counter":
                yield self._counter(family)
            elif family.kind == "gauge":
                yield _gauge(family, gauges)
            else:
                yield self._histogram(family)

    def _counter(self, family: Family) -> Metric:
        metric = CounterMetricFamily(family.name, family.help, labels=family.labels)
        for (name, labels), value in self._counters.items():
            if name == family.name:
                metric.add_metric(labels, value)
        return metric

    def _histogram(self, family: Family) -> Metric:
        metric = HistogramMetricFamily(family.name, family.help, labels=family.labels)
        for (name, labels), sums in self._histograms.items():
            if name == family.name:
                metric.add_metric(labels, _cumulative(sums), sums.total)
        return metric

    def _gauge_sums(self) -> dict[tuple[str, Labels], float]:
        oldest = monotonic() - GAUGE_SECONDS_MAX
        for source in [s for s, (told_at, _) in self._gauges.items() if told_at < oldest]:
            del self._gauges[source]
        sums: dict[tuple[str, Labels], float] = {}
        for _, samples in self._gauges.values():
            for sample in samples:
                key = (sample.name, sample.labels)
                told = sums.get(key, 0)
                worst = FAMILIES[sample.name].is_worst
                sums[key] = max(told, sample.value) if worst else told + sample.value
        return sums


def _gauge(family: Family, sums: dict[tuple[str, Labels], float]) -> Metric:
    metric = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    for (name, labels), value in sums.items():
        if name == family.name:
            metric.add_metric(labels, value)
    return metric


def _cumulative(histogram: Histogram) -> list[tuple[str, float]]:
    """Prometheus wants "at most" counts, the last one for everything."""
    below = 0
    edges = []
    for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
        below += count
        edges.append(("+Inf" if bound == float("inf") else str(bound), float(below)))
    return edges


def _check(name: str, labels: Labels) -> Family:
    family = FAMILIES.get(name)
    if family is None:
        raise DeltaRefused(f"unknown metric {name}")
    if len(labels) != len(family.labels):
        raise DeltaRefused(f"{name}: {len(labels)} labels")
    return family
