"""One attempt's pictures, answered whole or as a stream.

As `edge/answers.py` for text: returns when the caller has been answered and the hold resolved;
raises AttemptFailed as long as another attempt may still do better. A client that leaves costs
nothing unless its pictures came: on channels that `drain` they are waited for, kept and billed.
"""

from contextlib import nullcontext
from time import monotonic, perf_counter_ns

from waystation.dialects.pictures.reply import whole_reply
from waystation.dialects.pictures.request import PictureOperation
from waystation.edge.leaving import ClientLeft, Interruptible
from waystation.edge.pictures.publishing import publish, settle
from waystation.edge.pictures.sitting import Sitting
from waystation.edge.pictures.stream import PictureStream
from waystation.edge.replies import JSON_TYPE
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.routing.choice import Attempt, Attempts


async def answer(story: Story, attempts: Attempts, attempt: Attempt) -> None:
    operation = story.operation
    assert isinstance(operation, PictureOperation)
    if operation.stream:
        await PictureStream(story, attempts, attempt).run()
    else:
        await _whole(story, attempts, attempt)


async def _whole(story: Story, attempts: Attempts, attempt: Attempt) -> None:
    drains = attempt.candidate.channel.on_disconnect == "drain"
    sitting = Sitting(story, attempt)
    began_ns = perf_counter_ns()
    try:
        with nullcontext() if drains else Interruptible(story.call):
            await sitting.prepare()
            pictures = await sitting.draw()
    except ClientLeft:
        gone = Fault("client_closed_request")
        story.void("client_gone", gone, gone.status)
        return
    # The pictures exist: whoever leaves now has them in its list, and pays for them.
    drawn = await sitting.finish(pictures)
    attempts.succeeded(attempt, monotonic())
    story.first_ns = perf_counter_ns()
    story.attempted(attempt, began_ns, "answered", 200, "")
    await story.cover(drawn.usage)
    headers = (JSON_TYPE, *story.receipt_headers(drawn.usage))
    if drawn.dropped:
        headers += ((b"x-waystation-dropped", ", ".join(drawn.dropped).encode("ascii")),)
    settle(story, drawn, "client_gone" if story.call.is_gone else "complete")
    await publish(story, drawn)
    story.call.reply(200, headers, whole_reply(drawn))
