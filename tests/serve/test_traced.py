"""A whole gateway with traces on: a request is one trace at a collector, its attempts below it, and
nothing of what was said in it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")

from tests.journal.test_traces import PARENT, Collector, _attributes
from tests.lanes.upstream import answers
from tests.support.gateway import KEY, MODEL, channel, document, until
from tests.support.rogue import Rogue
from tests.support.script import Script, Seen, error
from tests.support.serve import serving
from tests.support.wire import request

SAID = "a-prompt-that-nobody-else-may-read"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as one:
        serving = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield one
        one.shutdown()
        serving.join()


@pytest.mark.soak
async def test_a_request_through_a_gateway_is_one_trace(
    data_template: Path,
    tmp_path: Path,
    rogue: Rogue,
    collector: Collector,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = f"http://127.0.0.1:{collector.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    first = channel("broken", f"{rogue.url}/broken", priority=0)
    what = document([first, channel("whole", rogue.url, priority=1)])

    def answer(seen: Seen) -> Script:
        return error(500) if seen.path.startswith("/broken") else answers(seen)

    rogue.answer(answer)
    asked = {"model": MODEL, "messages": [{"role": "user", "content": SAID}]}
    with serving(data_template, tmp_path, what, traces="otlp") as serve:
        headers = {"traceparent": PARENT, "x-canary": SAID}
        reply = await request(serve.port, "POST", "/v1/chat/completions", asked, KEY, headers)
        assert reply.status == 200, reply.body
        await until(lambda: len(collector.got) > 0)
    spans = [
        span
        for told in collector.got
        for resource in told.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.trace_id.hex() == PARENT.split("-")[1]
    ]
    server, *attempts = sorted(spans, key=lambda span: span.kind)
    assert (server.kind, [one.kind for one in attempts]) == (2, [3, 3])
    assert server.parent_span_id.hex() == PARENT.split("-")[2]
    assert {one.parent_span_id for one in attempts} == {server.span_id}
    told = _attributes(server)
    assert told["waystation.request_id"] == reply.request_id
    assert told["gen_ai.request.model"] == MODEL
    usage = reply.json()["usage"]
    broken, whole = sorted(map(_attributes, attempts), key=lambda one: one["waystation.channel"])
    assert (broken["waystation.channel"], broken["http.response.status_code"]) == ("broken", 500)
    assert whole["gen_ai.usage.input_tokens"] == usage["prompt_tokens"]
    assert whole["gen_ai.usage.output_tokens"] == usage["completion_tokens"]
    for secret in (SAID, KEY, reply.json()["choices"][0]["message"]["content"]):
        assert not any(secret.encode() in one.SerializeToString() for one in collector.got)
