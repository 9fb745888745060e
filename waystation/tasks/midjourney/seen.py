"""What an upstream tells of a task, merged into ours. Pure; everything moves forward only.

`result` of a task's row, what its owner sees (absent is unset):

    botType, customId, state, prompt, promptEn, description   text
    buttons                       as shown
    properties                    the shown ones, without the two prompt keys where unset
    image                         {"artefact": id} or {"origin": link}: the final picture
    images                        [{...}]: single ones
    preview                       {"artefact": id, "progress": n}
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.actions import CHANGED
from waystation.dialects.midjourney.buttons import Buttons, grid_buttons
from waystation.dialects.midjourney.task_object import ORDER
from waystation.dialects.midjourney.upstream import Seen
from waystation.dialects.scrub import scrubbed
from waystation.routing.snapshot import Channel
from waystation.tasks.states import State
from waystation.tasks.task import Change, Task

_SHOWN = ("finalPrompt", "finalZhPrompt", "messageId", "messageHash", "flags", "seed")
"""Properties that say nothing of whose account it was."""
_PROMPT_RESULTS = frozenset({"DESCRIBE", "SHORTEN"})
_BY_INDEX = frozenset({"UPSCALE", "VARIATION", "REROLL"})
_TEXT_CHARACTERS_MAX = 20_000


def pseudonym(kind: str, number: int) -> str:
    """A stable decimal name for what nobody may know: a channel, an account of it."""
    digest = blake2b(f"{kind}:{number}".encode(), digest_size=8).digest()
    return str(10**18 + int.from_bytes(digest, "big") % (9 * 10**18))


def owner_properties(channel_id: int, key_id: int) -> dict[str, str]:
    """discordInstanceId, discordChannelId: what clients expect to find, naming nobody."""
    return {
        "discordInstanceId": pseudonym("account", key_id),
        "discordChannelId": pseudonym("channel", channel_id),
    }


def progressed(task: Task, seen: Seen) -> Change | None:
    """Of a task that is not final upstream; None: nothing new."""
    state: State | None = None
    if seen.status in ("SUBMITTED", "IN_PROGRESS") and _is_forward(task, seen.status):
        state = seen.status
    progress = seen.progress
    if progress is not None and progress > 0 and task.state != "IN_PROGRESS":
        state = "IN_PROGRESS"
    if progress is not None:
        progress = min(progress, 99)
        if progress <= task.progress:
            progress = None
    if state is None and progress is None:
        return None
    return Change(state=state, progress=progress)


def failed(seen: Seen, secrets: Sequence[str] = ()) -> Change:
    """FAILURE or CANCEL of the upstream. secrets: of ours there, never to be shown."""
    if seen.status == "CANCEL":
        return Change(state="CANCEL", fail_code="cancelled", fail_reason=texts.CANCELLED)
    reason = scrubbed(seen.fail_reason.strip() or seen.description.strip(), secrets)
    if not reason or reason.lower() in ("submit success", "提交成功"):
        reason = texts.NO_REASON
    return Change(state="FAILURE", fail_code="upstream_failed", fail_reason=reason)


def finished(task: Task, seen: Seen, pictures: Mapping[str, Any], channel: Channel) -> Change:
    """SUCCESS. pictures: `image` and `images`, stored by now."""
    prompt = str(task.result.get("prompt", ""))
    buttons = seen.buttons or _own_buttons(task, seen, channel)
    result: dict[str, Any] = {
        "buttons": msgspec.to_builtins(buttons),
        "properties": _properties(task, seen, prompt),
        **pictures,
    }
    if task.action == "DESCRIBE":
        text = _text(seen.properties.get("finalPrompt")) or _text(seen.prompt)
        result["prompt"] = result["promptEn"] = text
    elif seen.prompt_en and not task.result.get("promptEn"):
        result["promptEn"] = seen.prompt_en[:_TEXT_CHARACTERS_MAX]
    return Change(state="SUCCESS", progress=100, result=result)


def _own_buttons(task: Task, seen: Seen, channel: Channel) -> Buttons:
    """Below a grid of the oldest proxies, which have none: what they can do by index."""
    if task.action not in CHANGED or "mj_action" in channel.paths:
        return ()
    job = seen.properties.get("messageHash")
    return grid_buttons(job if isinstance(job, str) else "", _BY_INDEX)


def _properties(task: Task, seen: Seen, prompt: str) -> dict[str, Any]:
    told = {name: seen.properties[name] for name in _SHOWN if name in seen.properties}
    shown: dict[str, Any] = {
        name: _text(value) if isinstance(value, str) or value is None else value
        for name, value in told.items()
        if isinstance(value, str | int | None)
    }
    if not shown.get("finalPrompt"):
        english = task.result.get("promptEn") or prompt
        shown["finalPrompt"] = _text(seen.prompt) if task.action in _PROMPT_RESULTS else english
    if not shown.get("finalZhPrompt"):
        shown["finalZhPrompt"] = task.result.get("translated", "")
    return {**shown, **owner_properties(task.channel_id, task.key_id)}


def _is_forward(task: Task, status: str) -> bool:
    return ORDER[status] > ORDER.get(task.state, 0)


def _text(value: Any) -> str:
    """As text, its line ends those of the family."""
    return value.replace("\r\n", "\n")[:_TEXT_CHARACTERS_MAX] if isinstance(value, str) else ""
