"""What a `Rogue` plays: steps, scripts made of them, and ready-made ones. See rogue.py."""

import gzip
import html
import json
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Drip:
    data: bytes
    gap_seconds: float


@dataclass(frozen=True)
class Endless:
    data: bytes


@dataclass(frozen=True)
class Gate:
    event: threading.Event


End = Literal["stall", "close", "reset"]
STALL: End = "stall"
CLOSE: End = "close"
RESET: End = "reset"

Step = bytes | Pause | Drip | Endless | Gate | End
Script = tuple[Step, ...]
Answer = Script | Callable[["Seen"], Script]


@dataclass(frozen=True)
class Seen:
    """A request that came in. headers: lower-case names; at: time.monotonic(); link: the index
    of its connection in `Rogue.links`."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    link: int
    at: float

    @property
    def path(self) -> str:
        return self.target.split("?")[0]

    def json(self) -> Any:
        return json.loads(self.body)


JSON_HEADERS = {"content-type": "application/json"}
SSE_HEADERS = {"content-type": "text/event-stream", "transfer-encoding": "chunked"}
LAST_CHUNK = b"0\r\n\r\n"
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def head(status: int, headers: Mapping[str, str], reason: str = "Rogue") -> bytes:
    lines = [
        f"HTTP/1.1 {status} {reason}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def reply(
    status: int = 200,
    body: bytes = b"",
    headers: Mapping[str, str] = JSON_HEADERS,
    content_length: int | None = None,
) -> Script:
    """A whole answer. content_length: a lie about the body's."""
    length = len(body) if content_length is None else content_length
    return (head(status, {**headers, "content-length": str(length)}) + body,)


def chat(
    text: str = "hello there", usage: Mapping[str, Any] | None = USAGE, model: str = "rogue-1"
) -> Script:
    """A chat completion as JSON. usage None: left out."""
    document: dict[str, Any] = {
        "id": "chatcmpl-rogue",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
    }
    if usage is not None:
        document["usage"] = dict(usage)
    return reply(200, json.dumps(document).encode())


def chat_frames(
    words: Sequence[str] = ("hello", " there"),
    usage: Mapping[str, Any] | None = USAGE,
    model: str = "rogue-1",
) -> list[dict[str, Any]]:
    """The chunks of a streamed chat completion: role, one a word, finish, and usage if given."""

    def frame(choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": "chatcmpl-rogue",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": model,
            "choices": choices,
        }

    def delta(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return frame([{"index": 0, "delta": delta, "finish_reason": finish}])

    frames = [delta({"role": "assistant", "content": ""})]
    frames += [delta({"content": word}) for word in words]
    frames.append(delta({}, "stop"))
    if usage is not None:
        frames.append({**frame([]), "usage": dict(usage)})
    return frames


def stream(
    frames: Iterable[Mapping[str, Any] | str | bytes] | None = None,
    gap_seconds: float = 0.0,
    done: bool = True,
    end: Script = (LAST_CHUNK,),
    headers: Mapping[str, str] = SSE_HEADERS,
) -> Script:
    """An SSE stream. frames: objects and texts become `data:` events, bytes are sent as they are
    (inside a chunk); default `chat_frames()`. gap_seconds: before each frame but the first.
    done: add `data: [DONE]`. end: what follows, such as `(RESET,)` or `(STALL,)`."""
    steps: list[Step] = [head(200, headers)]
    events: list[Mapping[str, Any] | str | bytes] = list(
        chat_frames() if frames is None else frames
    )
    if done:
        events.append("[DONE]")
    for index, event in enumerate(events):
        if gap_seconds and index:
            steps.append(Pause(gap_seconds))
        if not isinstance(event, bytes):
            text = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
            event = f"data: {text}\n\n".encode()
        steps.append(chunk(event))
    return (*steps, *end)


def error(
    status: int,
    kind: Literal["json", "html", "empty"] = "json",
    message: str = "rogue says no",
    headers: Mapping[str, str] | None = None,
) -> Script:
    """An error status. headers: more of them, such as retry-after."""
    if kind == "json":
        body = json.dumps({"error": {"message": message, "type": "rogue_error", "code": None}})
        return reply(status, body.encode(), {**JSON_HEADERS, **(headers or {})})
    page = f"<html><body><h1>{status}</h1>{html.escape(message)}</body></html>"
    body = page if kind == "html" else ""
    return reply(status, body.encode(), {"content-type": "text/html", **(headers or {})})


def echo_key(status: int) -> Callable[[Seen], Script]:
    """An error status whose message repeats the key that was sent."""

    def answer(seen: Seen) -> Script:
        key = seen.headers.get("authorization") or seen.headers.get("x-api-key", "")
        return error(status, message=f"Incorrect API key provided: {key.removeprefix('Bearer ')}")

    return answer


def gzip_bomb(mebibytes: int) -> Script:
    """So many MiB of zeros, as a gzip body of a thousandth of that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1024 * 1024)
    body = b"".join(packer.compress(block) for _ in range(mebibytes)) + packer.flush()
    return reply(200, body, {**JSON_HEADERS, "content-encoding": "gzip"})


def gzipped(script_body: bytes, status: int = 200) -> Script:
    return reply(status, gzip.compress(script_body), {**JSON_HEADERS, "content-encoding": "gzip"})
