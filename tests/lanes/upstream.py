"""The demo's answers by a real upstream on a real socket, in the dialect of the address."""

import json

from tests.support.script import Script, Seen, reply, stream
from waystation.demo import chat, messages


def answers(seen: Seen) -> Script:
    body = json.loads(seen.body)
    if seen.path.endswith("/messages/count_tokens"):
        return reply(200, json.dumps(messages.count(body)).encode())
    if seen.path.endswith("/messages"):
        if not body.get("stream"):
            return reply(200, json.dumps(messages.message(body)).encode())
        events = [
            b"event: " + event["type"].encode() + b"\ndata: " + json.dumps(event).encode() + b"\n\n"
            for event in messages.events(body)
        ]
        return stream(events, done=False)
    if not body.get("stream"):
        return reply(200, json.dumps(chat.completion(body, 1_700_000_000)).encode())
    return stream(list(chat.chunks(body, 1_700_000_000)))
