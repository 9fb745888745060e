"""A speech that is stored, and answered by its link."""

from contextlib import nullcontext
from time import monotonic, perf_counter_ns
from typing import Any, cast

import msgspec
import structlog

from waystation.artefacts.artefact import Artefact
from waystation.artefacts.media_types import AUDIO
from waystation.artefacts.shelf import ArtefactsAway
from waystation.dialects.sound.speech import SpeechOperation
from waystation.dialects.sound.spoken import SpeechStream
from waystation.edge.answers import Try
from waystation.edge.leaving import Interruptible
from waystation.edge.public_base import public_base
from waystation.edge.replies import JSON_TYPE
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.routing.choice import Attempt, Attempts
from waystation.storage.database import StorageAway
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.source import Source

log = structlog.get_logger("waystation.sound")

_encode = msgspec.json.Encoder().encode


async def linked(story: Story, attempts: Attempts, attempt: Attempt, made: Try) -> None:
    """Raises AttemptFailed, ClientLeft. Who leaves before the speech is there pays as for a stream
    that was cut before its first byte; who leaves later has it in the list of files, and pays."""
    drains = attempt.candidate.channel.on_disconnect == "drain"
    began_ns = perf_counter_ns()
    with nullcontext() if drains else Interruptible(story.call):
        source = await made.begin()
        try:
            data = await _gathered(source, story.site.settings.reply_bytes_max)
        finally:
            source.close()
    artefact = await _kept(story, data)
    attempts.succeeded(attempt, monotonic())
    story.first_ns = perf_counter_ns()
    story.attempted(attempt, began_ns, "answered", 200, "")
    usage = source.usage()
    await story.cover(usage)
    headers = (JSON_TYPE, *story.receipt_headers(usage))
    story.post(usage, "client_gone" if story.call.is_gone else "complete", None, 200)
    speech = cast(SpeechStream, source.reader)
    story.call.reply(200, headers, _encode(_shown(story, artefact, speech.seconds)))


async def _gathered(source: Source, bytes_max: int) -> bytes:
    """Raises AttemptFailed for a speech that breaks off: half of it is of no use."""
    data = bytearray()
    while not source.ended:
        data += await source.next()
        if len(data) > bytes_max:
            raise AttemptFailed(Fault("bad_upstream_response", reason="too_large"), status=200)
    if source.fault is not None:
        raise AttemptFailed(source.fault, status=200, kind=source.kind)
    return bytes(data)


async def _kept(story: Story, data: bytes) -> Artefact:
    """Raises AttemptFailed."""
    site, caller = story.site, story.caller
    assert caller is not None
    try:
        return await site.artefacts.keep(
            caller.account_id,
            data,
            types=AUDIO,
            token_id=caller.token_id,
            request_id=story.call.request_id,
        )
    except Fault as fault:
        raise AttemptFailed(fault, status=200) from None
    except (ArtefactsAway, StorageAway) as away:
        log.error(
            "a speech could not be stored", request_id=story.call.request_id, reason=str(away)
        )
        raise AttemptFailed(Fault("temporarily_unavailable", retry_after=5), status=503) from None


def _shown(story: Story, artefact: Artefact, seconds: float) -> dict[str, Any]:
    asked = story.operation
    assert isinstance(asked, SpeechOperation)
    site = story.site
    return {
        "object": "audio.speech",
        "created": artefact.created_ms // 1000,
        "model": asked.model,
        "url": site.artefacts.link(artefact, public_base(story.call, site.settings)),
        "content_type": artefact.content_type,
        "bytes": artefact.bytes,
        "seconds": round(seconds, 2),
    }
