"""What an upstream's content type says that it sends."""

from collections.abc import Iterable

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import not_json
from waystation.errors import Fault
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.transport import Incoming, MaybeSent

EVENTS = "text/event-stream"
_NO_SOUND = ("application/json", "application/problem+json", "application/xml", "text/")
_TYPES = {
    "audio/mpeg": b"audio/mpeg",
    "audio/mp3": b"audio/mpeg",
    "audio/ogg": b"audio/ogg",
    "audio/opus": b"audio/ogg",
    "audio/aac": b"audio/aac",
    "audio/flac": b"audio/flac",
    "audio/x-flac": b"audio/flac",
    "audio/wav": b"audio/wav",
    "audio/x-wav": b"audio/wav",
    "audio/wave": b"audio/wav",
    "audio/pcm": b"audio/pcm",
    "audio/l16": b"audio/pcm",
}
_ERROR_BYTES_MAX = 256 * 1024


def main_type(incoming: Incoming) -> str:
    """Lower case, without parameters; "" for none."""
    told = incoming.header(b"content-type") or b""
    return told.decode("latin-1").partition(";")[0].strip().lower()


def sound_type(told: str) -> bytes | None:
    """The content type under which we hand it on; None: it says nothing of use."""
    return _TYPES.get(told)


async def refuse_unless_sound(incoming: Incoming, secrets: Iterable[str]) -> None:
    """Raises AttemptFailed for an answer that is JSON, a page or any other text, with the error
    that it tells; closes it then."""
    if not main_type(incoming).startswith(_NO_SOUND):
        return
    try:
        body = await incoming.read_all(_ERROR_BYTES_MAX)
    except MaybeSent:
        body = b""
    finally:
        incoming.close()
    fault = read_error(200, body, secrets) if body.lstrip()[:1] == b"{" else not_json(body)
    if fault.status < 400:
        fault = Fault("bad_upstream_response", reason="text instead of sound")
    raise AttemptFailed(fault, status=200)
