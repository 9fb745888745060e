"""Requests as clients really send them, written by hand: no SDK tidies them up."""

import http.client
import json
from typing import Any

from tests.conformance.serving import KEY, Answer, Server

BEARER = {"authorization": f"Bearer {KEY}"}
CHAT = {"model": "demo-chat", "messages": [{"role": "user", "content": "Rain"}]}


def call(
    server: Server,
    method: str,
    target: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own. body: bytes as they are, anything else as JSON.

    headers: replace the usual token and content type; a type of "" sends none."""
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = dict(headers) if headers is not None else dict(BEARER)
    if raw is not None:
        sent.setdefault("content-type", "application/json")
    if not sent.get("content-type", " "):
        del sent["content-type"]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value.encode())
        if raw is not None:
            connection.putheader("content-length", str(len(raw)))
        connection.endheaders(raw)
        reply = connection.getresponse()
        told = reply.read()
        head = {name.lower(): value for name, value in reply.getheaders()}
        is_json = head.get("content-type", "").startswith("application/json") and told
        answer = Answer(reply.status, head, json.loads(told) if is_json else told)
    finally:
        connection.close()
    if method == "POST" and reply.status == 200:
        server.seen[head["x-request-id"]] = (200, KEY)
    assert head["x-request-id"] == head["x-oneapi-request-id"]
    assert head["access-control-allow-origin"] == "*"
    return answer
