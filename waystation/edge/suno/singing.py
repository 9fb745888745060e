"""Songs asked for over chat, in whichever dialect: a task, and a caller who waits for it.

Whoever leaves loses nothing: the task goes on, is charged when it succeeds, and stays to be fetched
by its id, which stands in a header. A failure is an error, never an answer, and costs nothing.
"""

from collections.abc import Mapping
from typing import cast

from waystation.admission.rate_headers import rate_headers
from waystation.admission.refusal import NotAdmitted
from waystation.dialects.ir import Chat, Text
from waystation.dialects.lanes import Translatable
from waystation.dialects.operation import Request
from waystation.dialects.suno.forms import PROMPT_CHARACTERS_MAX
from waystation.dialects.suno.job import Job
from waystation.dialects.suno.names import makes_songs
from waystation.edge.replies import send_fault
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.edge.suno.desk import Desk
from waystation.edge.suno.song_answer import SongAnswer
from waystation.edge.suno.watch import Watch
from waystation.errors import Fault
from waystation.kernel.strictjson import invalid_json

_SAID: Mapping[str, str] = {
    "chat": "messages",
    "completion": "prompt",
    "messages": "messages",
    "responses": "input",
    "generate": "contents",
}
"""The operations that are chats, and the field in which each says what it wants."""


class BecomesSong(Exception):
    """The request in hand is an order for songs. digest: of its body, where that is needed."""

    def __init__(self, operation: Request, digest: str | None) -> None:
        super().__init__()
        self.operation = cast(Translatable, operation)
        self.digest = digest


def is_order(operation: Request) -> bool:
    return makes_songs(operation.model) and operation.name in _SAID


class Singing:
    """One a gateway: what all chat routes share."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._desk = Desk(site)
        self._watch: Watch | None = None

    async def sing(self, story: Story, song: BecomesSong) -> None:
        """story: its caller is known."""
        operation, call = song.operation, story.call
        story.operation = operation
        try:
            await self._recall(story, operation)
            # Before anything is begun: a caller who is told a fault must not find a task later.
            links = await self._desk.links(call)
            begun = await self._desk.begin(story, job_of(operation), song.digest, operation)
        except Fault as fault:
            story.refuse(fault)
            limits = rate_headers(fault.rate) if isinstance(fault, NotAdmitted) else ()
            send_fault(call, fault, story.dialect, story.language, limits)
            return
        if self._watch is None:
            self._watch = Watch(self._site.tasks)
        answer = SongAnswer(story, operation, self._watch, links, rate_headers(begun.rate))
        await answer.run(begun.task)

    async def _recall(self, story: Story, operation: Translatable) -> None:
        """A Responses request may follow another; what was said there stands in front. Raises
        Fault (404, 503)."""
        memory, caller = self._site.responses, story.caller
        assert caller is not None
        if memory is not None and operation.name == "responses":
            await memory.recall(caller.account_id, operation)


def job_of(operation: Translatable) -> Job:
    """What the last user turn says. Raises Fault (400)."""
    if operation.choices > 1:
        raise Fault("invalid_value", param="n", reason="songs are made for one answer at a time")
    param = _SAID[operation.name]
    try:
        chat, _ = operation.read_chat()
    except RecursionError:
        raise invalid_json("nested too deeply") from None
    prompt = _last_words(chat).strip()
    if not prompt:
        raise Fault("invalid_value", param=param, reason="the last user turn says nothing")
    if len(prompt) > PROMPT_CHARACTERS_MAX:
        reason = f"the last user turn is longer than {PROMPT_CHARACTERS_MAX} characters"
        raise Fault("invalid_value", param=param, reason=reason)
    return Job(action="MUSIC", description=prompt)


def _last_words(chat: Chat) -> str:
    for message in reversed(chat.messages):
        if message.role == "user":
            return "\n".join(part.text for part in message.parts if isinstance(part, Text))
    return ""
