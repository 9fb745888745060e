"""Spans of requests: made of rows, sent by OTLP, below the caller's own trace."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from waystation.journal.row import AttemptRow, Facts, Row
from waystation.journal.traces import Traces, Upstream

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
FACTS = Facts(
    "req-1", 1_700_000_000_000, 1, 2, "main", "chat", "openai_chat", "gpt-4o", True, "192.0.2.1",
    "agent", "default", "v1", "1",
)  # fmt: skip
ROW = Row(
    FACTS, 200, "complete", group="default", upstream_model="gpt-4o-2024-08-06", nanos=5_000,
    input_tokens=1_200, output_tokens=80, first_millis=300, total_millis=900, upstream_id="c-1",
    usage=b'{"input_fresh":200,"input_cache_read":1000,"output_text":60,"output_reasoning":20}',
    attempts=(
        AttemptRow(7, "broken", 1, "default", "gpt-4o", "upstream_status", 500, "",
                   FACTS.created_ms, 40),
        AttemptRow(8, "azure", 1, "default", "gpt-4o-2024-08-06", "answered", 200, "",
                   FACTS.created_ms + 50, 800),
    ),
)  # fmt: skip


class Collector(HTTPServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.got: list[ExportTraceServiceRequest] = []


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        import gzip

        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.got.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def _attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def test_a_request_and_its_attempts_reach_a_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector()
    serving = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    address = f"http://127.0.0.1:{collector.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    places = {8: Upstream("azure-openai", "x.openai.azure.example")}
    try:
        traces = Traces(places.get)
        traces.add(ROW, {"traceparent": PARENT})
        traces.stop()
    finally:
        collector.shutdown()
        serving.join()
        collector.server_close()
    (told,) = collector.got
    (resource,) = told.resource_spans
    assert _attributes(resource.resource)["service.name"] == "waystation"
    spans = [span for scope in resource.scope_spans for span in scope.spans]
    failed, answered, server = sorted(spans, key=lambda span: span.end_time_unix_nano)
    assert server.trace_id.hex() == PARENT.split("-")[1]
    assert server.parent_span_id.hex() == PARENT.split("-")[2]
    assert {failed.parent_span_id, answered.parent_span_id} == {server.span_id}
    assert (server.kind, failed.kind) == (2, 3)  # SERVER, CLIENT
    assert server.end_time_unix_nano - server.start_time_unix_nano == 900_000_000
    assert answered.name == "chat gpt-4o-2024-08-06"
    seen = _attributes(answered)
    assert seen["gen_ai.provider.name"] == "azure.ai.openai"
    assert seen["server.address"] == "x.openai.azure.example"
    assert seen["gen_ai.usage.input_tokens"] == 1_200
    assert seen["gen_ai.usage.cache_read.input_tokens"] == 1_000
    assert seen["gen_ai.usage.reasoning.output_tokens"] == 20
    assert _attributes(failed)["error.type"] == "upstream_status"
    assert "gen_ai.usage.input_tokens" not in _attributes(failed)
    assert failed.status.code == 2
    assert server.status.code == 0


def test_without_a_parent_a_request_is_a_trace_of_its_own() -> None:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    traces = Traces(lambda _: None, kept)
    traces.add(ROW, {})
    traces.add(ROW, {"traceparent": "not one at all"})
    traces._provider.force_flush()
    servers = [span for span in kept.get_finished_spans() if span.parent is None]
    assert len({span.context.trace_id for span in servers}) == 2
    traces.stop()
