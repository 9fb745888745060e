"""`/v1/tasks`: the account's slow generations, whatever protocol began them.

Every token of the account sees all its tasks; a foreign id is an unknown one.
"""

from collections.abc import Awaitable, Callable
from typing import Any, get_args
from urllib.parse import parse_qs

from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.language import language_of
from waystation.edge.replies import send_fault, send_json
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.kernel.clock import now_ms
from waystation.storage.database import StorageAway
from waystation.tasks.hooks.book import HookBook
from waystation.tasks.hooks.signature import secrets_of
from waystation.tasks.hooks.turns import turn_of
from waystation.tasks.pictures.inputs import drop_inputs
from waystation.tasks.shown import task_object
from waystation.tasks.states import State
from waystation.tasks.store import PAGE_MAX, Overtaken
from waystation.tasks.task import Task

_STATES = frozenset(get_args(State)) - {"SUBMITTING"}
_DEFAULT_COUNT = 20
_CURSOR_CHARACTERS_MAX = 100

Answer = Callable[[Call, Caller], Awaitable[Any]]


class Tasks:
    """Handlers: `list`, `show`, `cancel`, `deliveries`, `hook_secret`."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def list(self, call: Call) -> None:
        await self._answer(call, self._list)

    async def show(self, call: Call) -> None:
        await self._answer(call, self._show)

    async def cancel(self, call: Call) -> None:
        await self._answer(call, self._cancel)

    async def deliveries(self, call: Call) -> None:
        await self._answer(call, self._deliveries)

    async def hook_secret(self, call: Call) -> None:
        await self._answer(call, self._hook_secret)

    async def _answer(self, call: Call, answer: Answer) -> None:
        try:
            caller = await identify(self._site.authenticator, call)
            try:
                told = await answer(call, caller)
            except StorageAway:
                raise Fault("temporarily_unavailable", retry_after=2) from None
        except Fault as fault:
            send_fault(call, fault, "openai", language_of(call, self._site.settings.language))
        else:
            send_json(call, told)

    async def _list(self, call: Call, caller: Caller) -> dict[str, Any]:
        asked = parse_qs(call.query)
        count = _count(asked)
        states = _list_of(asked, "status")
        unknown = sorted(set(states) - _STATES)
        if unknown:
            reason = f"one of {', '.join(sorted(_STATES))}"
            raise Fault("invalid_value", param="status", reason=reason)
        if "NOT_START" in states:
            states.append("SUBMITTING")
        found = await self._site.tasks.page(
            caller.account_id,
            kinds=_list_of(asked, "kind"),
            states=states,  # type: ignore[arg-type]  # judged above
            before=_before(asked),
            count=count + 1,
        )
        page = found[:count]
        more = len(found) > count
        return {
            "object": "list",
            "data": [task_object(task) for task in page],
            "has_more": more,
            "next": f"{page[-1].created_ms}.{page[-1].id}" if more else None,
        }

    async def _show(self, call: Call, caller: Caller) -> dict[str, Any]:
        task = await self._find(call, caller)
        self._site.tasks.want(task)
        return task_object(task)

    async def _cancel(self, call: Call, caller: Caller) -> dict[str, Any]:
        task = await self._find(call, caller)
        try:
            cancelled = await self._site.beginnings.cancel(task)
            await drop_inputs(self._site.artefacts, cancelled)
            return task_object(cancelled)
        except Overtaken:
            now = await self._site.tasks.get(task.id) or task
            if now.state == "CANCEL":
                return task_object(now)
            raise Fault("task_not_cancellable", id=task.id, state=now.state) from None

    async def _deliveries(self, call: Call, caller: Caller) -> dict[str, Any]:
        task = await self._find(call, caller)
        tries = await HookBook(self._site.tasks.database).log(task.id)
        return {"object": "list", "data": [_delivery(one) for one in tries]}

    async def _hook_secret(self, call: Call, caller: Caller) -> dict[str, Any]:
        signer = await self._site.signer()
        async with self._site.tasks.database.read() as connection:
            turn = await turn_of(connection, caller.token_id)
        return {"object": "list", "data": list(secrets_of(signer, turn, now_ms()))}

    async def _find(self, call: Call, caller: Caller) -> Task:
        task_id = call.params["task"]
        task = await self._site.tasks.get(task_id, caller.account_id)
        if task is None:
            raise Fault("task_not_found", id=task_id)
        return task


def _delivery(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "delivery_id": row["delivery_id"],
        "status": row["state"],
        "progress": row["progress"],
        "attempt": row["attempt"],
        "http_status": row["status"] or None,
        "error": row["error"] or None,
        "duration_ms": row["duration_ms"],
        "at_ms": row["at_ms"],
    }


def _list_of(asked: dict[str, list[str]], name: str) -> list[str]:
    """Repeated, or with commas."""
    words = [word for text in asked.get(name, []) for word in text.split(",") if word]
    if not all(word.isascii() and word.isprintable() for word in words):
        raise Fault("invalid_value", param=name, reason="plain words")
    return words


def _count(asked: dict[str, list[str]]) -> int:
    text = asked.get("limit", [str(_DEFAULT_COUNT)])[0]
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= PAGE_MAX):
        raise Fault("invalid_value", param="limit", reason=f"a number from 1 to {PAGE_MAX}")
    return int(text)


def _before(asked: dict[str, list[str]]) -> tuple[int, str] | None:
    text = asked.get("after", [""])[0]
    if not text:
        return None
    created, dot, task_id = text.partition(".")
    good = created.isascii() and created.isdigit() and len(created) < 16
    if (
        not (good and dot and task_id.replace("-", "").isalnum())
        or len(text) > _CURSOR_CHARACTERS_MAX
    ):
        raise Fault("invalid_value", param="after", reason="the `next` of an earlier page")
    return int(created), task_id
