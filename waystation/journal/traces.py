"""Traces by OpenTelemetry, an extra (`waystation[otel]`): spans made of a request's log row.

One SERVER span for the call, below it a CLIENT span for each attempt, with the attributes of the
GenAI conventions. The row is there anyway, so nothing is carried along a request; with traces off
none of this is imported. Prompts and answers are in no row, and so in no span.

Where spans go, how many are kept and what the service is called is said by OpenTelemetry's own
variables (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME, …).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from waystation import __version__
from waystation.journal.redaction import redactor
from waystation.journal.row import AttemptRow, Row
from waystation.meter.usage import Usage

SCHEMA_URL = "https://opentelemetry.io/schemas/1.38.0"
ANSWERED = "answered"
_MILLION = 1_000_000
_OPERATIONS = {
    "completion": "text_completion",
    "embedding": "embeddings",
    "generate": "generate_content",
    "messages": "chat",
    "responses": "chat",
}
"""Ours that the conventions name otherwise."""
_PROVIDERS = {
    "azure-openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "bedrock-mantle": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex": "gcp.vertex_ai",
    "vertex-claude": "gcp.vertex_ai",
    "xai": "x_ai",
}

_usage_of = msgspec.json.Decoder(Usage).decode
_propagator = TraceContextTextMapPropagator()


class Upstream(NamedTuple):
    """Of a channel. vendor: ours; address: its host."""

    vendor: str
    address: str


class Traces:
    """find: a channel by its id, None where it is gone. exporter: instead of OTLP over HTTP."""

    def __init__(
        self, find: Callable[[int], Upstream | None], exporter: SpanExporter | None = None
    ) -> None:
        resource = Resource.create({"service.version": __version__})
        if "service.name" not in resource.attributes or str(
            resource.attributes["service.name"]
        ).startswith("unknown_service"):
            resource = resource.merge(Resource({"service.name": "waystation"}))
        self._find = find
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("waystation", __version__, schema_url=SCHEMA_URL)

    def add(self, row: Row, headers: Mapping[str, str]) -> None:
        """headers: the caller's traceparent and tracestate, where it sent them."""
        context = _propagator.extract(dict(headers)) if headers else None
        start = row.facts.created_ms * _MILLION
        operation = _OPERATIONS.get(row.facts.operation, row.facts.operation) or "request"
        name = f"{operation} {row.facts.model}".strip()
        span = self._tracer.start_span(
            name, context, SpanKind.SERVER, _attributes_of(row, operation), start_time=start
        )
        if span.is_recording():
            inside = set_span_in_context(span)
            for attempt in row.attempts:
                client = self._tracer.start_span(
                    f"{operation} {attempt.upstream_model}".strip(),
                    inside,
                    SpanKind.CLIENT,
                    self._of_attempt(row, attempt, operation),
                    start_time=attempt.started_ms * _MILLION,
                )
                _judge(client, attempt.outcome if attempt.outcome != ANSWERED else "")
                client.end((attempt.started_ms + attempt.millis) * _MILLION)
        _judge(span, row.code or (str(row.status) if row.status >= 500 else ""))
        span.end(start + row.total_millis * _MILLION)

    def _of_attempt(
        self, row: Row, attempt: AttemptRow, operation: str
    ) -> dict[str, AttributeValue]:
        told: dict[str, AttributeValue] = {
            "gen_ai.operation.name": operation,
            "gen_ai.request.model": attempt.upstream_model,
            "waystation.channel": attempt.channel,
            "waystation.group": attempt.group,
        }
        upstream = self._find(attempt.channel_id)
        if upstream is not None:
            told["gen_ai.provider.name"] = _PROVIDERS.get(upstream.vendor, upstream.vendor)
            told["server.address"] = upstream.address
        if attempt.status:
            told["http.response.status_code"] = attempt.status
        if attempt.outcome == ANSWERED:
            told |= _tokens(row)
            if row.upstream_id:
                told["gen_ai.response.id"] = row.upstream_id
        return told

    def stop(self) -> None:
        """What is gathered goes out, within the exporter's time."""
        self._provider.shutdown()


def _attributes_of(row: Row, operation: str) -> dict[str, AttributeValue]:
    facts = row.facts
    told: dict[str, AttributeValue] = {
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": redactor.text(facts.model),
        "http.response.status_code": row.status,
        "waystation.request_id": facts.request_id,
        "waystation.dialect": facts.dialect,
        "waystation.group": row.group or facts.group,
        "waystation.end": row.end,
        "waystation.charge_nanos": row.nanos,
    }
    if row.upstream_model:
        told["gen_ai.response.model"] = row.upstream_model
    if row.first_millis:
        told["waystation.first_token_seconds"] = row.first_millis / 1000
    return told | _tokens(row)


def _tokens(row: Row) -> dict[str, AttributeValue]:
    told: dict[str, AttributeValue] = {
        "gen_ai.usage.input_tokens": row.input_tokens,
        "gen_ai.usage.output_tokens": row.output_tokens,
    }
    if not row.usage:
        return told
    usage = _usage_of(row.usage)
    more = {
        "gen_ai.usage.cache_read.input_tokens": usage.input_cache_read,
        "gen_ai.usage.cache_creation.input_tokens": usage.input_cache_write_5m
        + usage.input_cache_write_1h,
        "gen_ai.usage.reasoning.output_tokens": usage.output_reasoning,
    }
    return told | {name: count for name, count in more.items() if count}


def _judge(span: Span, error: str) -> None:
    """error: a code of ours, "" where all went well."""
    if error:
        span.set_attribute("error.type", error)
        span.set_status(Status(StatusCode.ERROR))
