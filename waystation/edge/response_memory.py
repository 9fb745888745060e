"""What `previous_response_id` and GET /v1/responses/{id} rest on.

An upstream that speaks Responses keeps them itself: we remember which channel and key it was, and
what follows goes there. Of all others we keep the items, sealed, and say them again. Rows are
written a moment later, in batches; a worker knows its own at once, another's within the time that
a follow-up takes to arrive, and looks twice before it says that there is none.
"""

import asyncio
import logging
from typing import Any

import msgspec

from waystation.dialects.openai_responses.replay import replayed
from waystation.dialects.openai_responses.request import ResponsesOperation
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of
from waystation.routing.choices import Candidate, Choices, Tier
from waystation.storage.database import StorageAway
from waystation.storage.stored_responses import Kept, Stored, StoredResponses, contents

_log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.05
LOOK_AGAIN_SECONDS = 0.15
LOOKS = 3
WAITING_MAX = 4096
"""Rows not yet written; beyond that the newest are not kept."""
TURNS_MAX = 200
REPLAY_BYTES_MAX = 16 * 1024 * 1024

_FIELD = "previous_response_id"

_Place = tuple[int, str]


class ResponseMemory:
    """One a gateway process. bytes_max: of one response that we keep ourselves."""

    def __init__(self, table: StoredResponses, bytes_max: int) -> None:
        self._table = table
        self._bytes_max = bytes_max
        self._waiting: dict[_Place, Stored] = {}
        self._writing: dict[_Place, Stored] = {}
        self._flush: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Waits until all is written, or cannot be."""
        while self._flush is not None and not self._flush.done():
            await asyncio.wait([self._flush])

    # ---- before a request ------------------------------------------------------------------

    async def recall(self, account_id: int, operation: Any) -> Stored | None:
        """What the request follows: where an upstream keeps it, it is told; what we keep is put
        in front of the request's items. Raises Fault: response_not_found (404)."""
        previous = getattr(operation, "previous", None)
        if not previous:
            return None
        stored = await self.find(account_id, previous, _FIELD)
        if stored.channel_id is not None:
            if isinstance(operation, ResponsesOperation):
                operation.follows(stored.context_tokens)
            return stored
        if isinstance(operation, ResponsesOperation):
            operation.replay(await self._conversation(account_id, stored))
        return None

    async def _conversation(self, account_id: int, last: Stored) -> list[msgspec.Raw]:
        """All items up to and with this response, the first first."""
        turns: list[list[msgspec.Raw]] = []
        size = 0
        stored = last
        while True:
            size += len(stored.kept)
            if len(turns) >= TURNS_MAX or size > REPLAY_BYTES_MAX:
                reason = "the conversation is too long to be continued by its id"
                raise Fault("invalid_value", param="previous_response_id", reason=reason)
            kept = contents(stored)
            turns.append([*kept.items, *replayed(kept.response)])
            if not stored.previous:
                break
            stored = await self.find(account_id, stored.previous, _FIELD)
            if stored.channel_id is not None:
                raise _not_found(stored.id, _FIELD)
        return [item for turn in reversed(turns) for item in turn]

    async def find(self, account_id: int, identity: str, param: str | None = None) -> Stored:
        """What the address names, or the field `param`.

        Raises Fault: response_not_found (404), temporarily_unavailable (503).
        """
        place = (account_id, identity)
        for look in range(LOOKS):
            found = self._waiting.get(place) or self._writing.get(place)
            if found is not None:
                return found
            try:
                found = await self._table.find(account_id, identity)
            except StorageAway:
                raise Fault("temporarily_unavailable", retry_after=2) from None
            if found is not None:
                return found
            if look < LOOKS - 1:
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        raise _not_found(identity, param)

    async def forget(self, stored: Stored) -> None:
        """Raises Fault (503)."""
        place = (stored.account_id, stored.id)
        while place in self._writing or place in self._waiting:
            if self._flush is None:
                break
            await asyncio.wait([self._flush])
        try:
            await self._table.forget(*place)
        except StorageAway:
            raise Fault("temporarily_unavailable", retry_after=2) from None

    # ---- after a request -------------------------------------------------------------------

    def keep(self, story: Story) -> None:
        """Remember the answer, where the caller wants it kept."""
        operation, served, caller = story.operation, story.served, story.caller
        if type(operation) is not ResponsesOperation or caller is None:
            return
        if not operation.stores or not story.is_answered:
            return
        # Songs are served by a task: nobody but us has such a response.
        stored = (
            _native(story, served, caller.account_id)
            if served is not None and served.operation == operation.name
            else self._own(operation, caller.account_id)
        )
        if stored is not None:
            self._put(stored)

    def _own(self, operation: ResponsesOperation, account_id: int) -> Stored | None:
        told = operation.told
        if told is None:
            return None
        kept = Kept(items=operation.own_items, response=raw_of(told))
        written = msgspec.json.encode(kept)
        if len(written) > self._bytes_max:
            return None
        return Stored(
            account_id=account_id,
            id=str(told["id"]),
            model=operation.model,
            previous=operation.replayed or "",
            kept=written,
        )

    def _put(self, stored: Stored) -> None:
        if len(self._waiting) >= WAITING_MAX:
            _log.warning("a response could not be kept: the store is behind")
            return
        self._waiting[stored.account_id, stored.id] = stored
        if self._flush is None or self._flush.done():
            self._flush = asyncio.create_task(self._write_all(), name="responses")

    async def _write_all(self) -> None:
        await asyncio.sleep(FLUSH_SECONDS)
        while self._waiting:
            self._writing, self._waiting = self._waiting, {}
            try:
                await self._table.write(list(self._writing.values()))
            except StorageAway as fault:
                _log.warning("responses could not be kept: %s", fault)
            self._writing = {}


def pinned(choices: Choices, stored: Stored) -> Choices:
    """The candidates reduced to where the earlier response is kept. Raises Fault when that is
    no more to be had."""
    found = [one for one in choices.candidates if one.channel.id == stored.channel_id]
    if not found or found[0].operation not in found[0].channel.paths:
        raise _not_found(stored.id, _FIELD)
    keys = tuple(key for key in found[0].channel.keys if key.id == stored.key_id)
    if stored.key_id and not keys:
        raise _not_found(stored.id, _FIELD)
    channel = found[0].channel
    if len(channel.keys) > 1:
        channel = msgspec.structs.replace(channel, keys=keys)
    candidate = msgspec.structs.replace(found[0], channel=channel)
    return Choices.of(choices.model, (Tier.of((candidate,)),))


def _native(story: Story, served: Candidate, account_id: int) -> Stored | None:
    if not story.upstream_id or not story.attempts:
        return None
    return Stored(
        account_id=account_id,
        id=story.upstream_id,
        model="" if story.operation is None else story.operation.model,
        channel_id=served.channel.id,
        key_id=story.attempts[-1].key_id,
        context_tokens=story.tokens,
    )


def _not_found(identity: str, param: str | None) -> Fault:
    return Fault("response_not_found", id=identity[:100], param=param)
