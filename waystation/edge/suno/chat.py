"""The chat routes: what is no order for songs is relayed like everything else, a GPT under its bare
id."""

from waystation.dialects.gpts.names import canonical
from waystation.dialects.operation import Request
from waystation.edge.call import Call
from waystation.edge.relay import Parse, Relay
from waystation.edge.site import Site
from waystation.edge.story import EVENTS, Story
from waystation.edge.suno.singing import BecomesSong, Singing, is_order


class ChatRelay(Relay):
    """One route of whichever chat dialect."""

    __slots__ = ("_singing",)

    def __init__(
        self,
        site: Site,
        dialect: str,
        parse: Parse,
        body_bytes_max: int,
        singing: Singing,
        stream_type: bytes = EVENTS,
        remembers: bool = False,
    ) -> None:
        super().__init__(site, dialect, parse, body_bytes_max, stream_type, remembers)
        self._singing = singing

    async def __call__(self, call: Call) -> None:
        story = Story(self._site, call, self._dialect)
        try:
            await self._run(story, self._read)
        except BecomesSong as song:
            await self._singing.sing(story, song)
            if self._remembers and self._site.responses is not None:
                self._site.responses.keep(story)

    async def _read(self, call: Call) -> tuple[Request, str | None]:
        operation, digest = await super()._read(call)
        if is_order(operation):
            raise BecomesSong(operation, digest)
        model = canonical(operation.model)
        if model is not operation.model:
            operation.model = model
        return operation, digest
