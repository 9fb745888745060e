"""Samples at another rate, with what lies high left out, piece by piece."""

from array import array
from itertools import pairwise
from typing import cast


class LowPass:
    """One channel from rate to rate. hertz: above which next to nothing is left."""

    __slots__ = ("_at", "_from", "_graph", "_sink", "_source")

    def __init__(self, rate_from: int, rate_to: int, hertz: int) -> None:
        from av.filter import Graph

        graph = Graph()
        source = graph.add_abuffer(
            sample_rate=rate_from, format="s16", layout="mono", time_base=None
        )
        steps = [graph.add("lowpass", f"f={hertz}:p=2") for _ in range(4)]
        to_rate = graph.add("aresample", f"{rate_to}")
        form = graph.add("aformat", f"sample_fmts=s16:sample_rates={rate_to}:channel_layouts=mono")
        sink = graph.add("abuffersink")
        chain = [source, *steps, to_rate, form, sink]
        for one, other in pairwise(chain):
            one.link_to(other)
        graph.configure()
        self._graph, self._source, self._sink = graph, source, sink
        self._from = rate_from
        self._at = 0

    def feed(self, samples: "array[int]") -> "array[int]":
        from av.audio.frame import AudioFrame

        if not samples:
            return array("h")
        frame = AudioFrame(format="s16", layout="mono", samples=len(samples))
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate = self._from
        frame.pts = self._at
        self._at += len(samples)
        self._source.push(frame)
        return self._taken()

    def finish(self) -> "array[int]":
        """The rest."""
        self._source.push(None)
        return self._taken()

    def _taken(self) -> "array[int]":
        import av
        from av.audio.frame import AudioFrame

        samples = array("h")
        while True:
            try:
                frame = cast(AudioFrame, self._sink.pull())
            except (av.BlockingIOError, av.EOFError):
                return samples
            samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
