"""What the owner of a finished task sees: pictures, properties, buttons."""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.artefacts.artefact import Artefact
from waystation.dialects.midjourney.buttons import (
    Buttons,
    describe_buttons,
    grid_buttons,
    shorten_buttons,
    single_buttons,
)
from waystation.dialects.midjourney.job import Job
from waystation.routing.snapshot import Channel
from waystation.tasks.midjourney.emulator.lane import verbs_of
from waystation.tasks.midjourney.emulator.sketching import press_of
from waystation.tasks.midjourney.places import Memo
from waystation.tasks.midjourney.seen import owner_properties, pseudonym
from waystation.tasks.midjourney.wording import own_words
from waystation.tasks.task import Change, Task


def properties_of(task: Task, memo: Memo, final_prompt: str, **more: Any) -> dict[str, Any]:
    return {
        "finalPrompt": final_prompt,
        "finalZhPrompt": own_words(task),
        "messageId": pseudonym("message", int(task.id)),
        "messageHash": memo.hash,
        "flags": 0,
        **more,
        **owner_properties(task.channel_id, task.key_id),
    }


def of_pictures(
    task: Task,
    whole: Artefact,
    singles: Sequence[Artefact],
    buttons: Buttons,
    properties: dict[str, Any],
) -> Change:
    """whole: the grid, or the one picture. The preview is over."""
    kept = tuple(dict.fromkeys((whole.id, *(each.id for each in singles))))
    return Change(
        state="SUCCESS",
        progress=100,
        artefacts=kept,
        result={
            "image": {"artefact": whole.id},
            "images": [{"artefact": each.id} for each in singles],
            "preview": None,
            "buttons": msgspec.to_builtins(buttons),
            "properties": properties,
        },
    )


def of_text(
    prompt: str, english: str, final: str, properties: dict[str, Any], action: str
) -> Change:
    """prompt, english: as the task shows them."""
    buttons = describe_buttons() if action == "DESCRIBE" else shorten_buttons()
    return Change(
        state="SUCCESS",
        progress=100,
        result={
            "prompt": prompt,
            "promptEn": english,
            "buttons": msgspec.to_builtins(buttons),
            "properties": {**properties, "finalPrompt": final},
        },
    )


def buttons_of(
    job: Job, channel: Channel, memo: Memo, version: str, singles: Sequence[Artefact]
) -> Buttons:
    if job.action == "SWAP_FACE":
        return ()
    verbs = verbs_of(channel)
    if len(singles) > 1:
        return grid_buttons(memo.hash, verbs)
    one, press = singles[0], press_of(job)
    again = press is not None and press.verb.startswith("upsample_")
    return single_buttons(memo.hash, version, verbs, square=one.width == one.height, again=again)
