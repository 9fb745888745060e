"""Songs asked for over chat: a task, and a caller who waits for it.

Whoever leaves loses nothing: the task goes on, is charged when it succeeds, and stays to be fetched
by its id, which stands in a header. A failure is an error, never an answer, and costs nothing.
"""

from typing import Any

import msgspec

from waystation.admission.rate_headers import rate_headers
from waystation.admission.refusal import NotAdmitted
from waystation.dialects.gpts.names import canonical
from waystation.dialects.openai_chat.request import ChatOperation
from waystation.dialects.operation import Request
from waystation.dialects.suno.forms import PROMPT_CHARACTERS_MAX
from waystation.dialects.suno.job import Job
from waystation.dialects.suno.names import makes_songs
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.relay import Parse, Relay
from waystation.edge.replies import send_fault
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.edge.suno.desk import Desk
from waystation.edge.suno.song_answer import SongAnswer
from waystation.edge.suno.watch import Watch
from waystation.errors import Fault


class _Turn(msgspec.Struct):
    role: Any = None
    content: Any = None


class _Turns(msgspec.Struct):
    messages: list[_Turn] = []


_decode = msgspec.json.Decoder(_Turns).decode


class BecomesSong(Exception):
    """The request in hand is an order for songs."""

    def __init__(self, operation: ChatOperation) -> None:
        super().__init__()
        self.operation = operation


class ChatRelay(Relay):
    """The chat route: what is no order for songs is relayed like everything else, a GPT under its
    bare id."""

    __slots__ = ("_desk", "_watch")

    def __init__(
        self, site: Site, dialect: str, parse: Parse, body_bytes_max: int, *, remembers: bool
    ) -> None:
        super().__init__(site, dialect, parse, body_bytes_max, remembers=remembers)
        self._desk = Desk(site)
        self._watch: Watch | None = None

    async def __call__(self, call: Call) -> None:
        try:
            await super().__call__(call)
        except BecomesSong as song:
            await self._sing(call, song.operation)

    async def _read(self, call: Call) -> tuple[Request, str | None]:
        operation, digest = await super()._read(call)
        if isinstance(operation, ChatOperation):
            if makes_songs(operation.model):
                raise BecomesSong(operation)
            operation.model = canonical(operation.model)
        return operation, digest

    async def _sing(self, call: Call, operation: ChatOperation) -> None:
        story = Story(self._site, call, self._dialect)
        try:
            caller = story.caller = await identify(self._site.authenticator, call)
            story.operation = operation
            begun = await self._desk.begin(story, job_of(operation), operation.body, operation)
            links = await self._desk.links(call)
        except Fault as fault:
            story.refuse(fault)
            limits = rate_headers(fault.rate) if isinstance(fault, NotAdmitted) else ()
            send_fault(call, fault, self._dialect, story.language, limits)
            return
        assert caller is not None
        if self._watch is None:
            self._watch = Watch(self._site.tasks)
        answer = SongAnswer(story, operation, self._watch, links, rate_headers(begun.rate))
        await answer.run(begun.task)


def job_of(operation: ChatOperation) -> Job:
    """What the last user turn says. Raises Fault (400)."""
    if operation.n > 1:
        raise Fault("invalid_value", param="n", reason="songs are made for one answer at a time")
    prompt = _last_words(operation.body).strip()
    if not prompt:
        raise Fault("invalid_value", param="messages", reason="the last user turn says nothing")
    if len(prompt) > PROMPT_CHARACTERS_MAX:
        reason = f"the last user turn is longer than {PROMPT_CHARACTERS_MAX} characters"
        raise Fault("invalid_value", param="messages", reason=reason)
    return Job(action="MUSIC", description=prompt)


def _last_words(body: bytes) -> str:
    try:
        turns = _decode(body).messages
    except (msgspec.DecodeError, RecursionError):
        reason = "turns are objects with role and content"
        raise Fault("invalid_value", param="messages", reason=reason) from None
    for turn in reversed(turns):
        if turn.role == "user":
            return _text(turn.content)
    return ""


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))
