"""Addresses of the /mj family below a proxy's base address; each vendor has some of them."""

from collections.abc import Mapping

OLDEST: Mapping[str, str] = {
    "mj_imagine": "/mj/submit/imagine",
    "mj_blend": "/mj/submit/blend",
    "mj_describe": "/mj/submit/describe",
    "mj_change": "/mj/submit/change",
    "mj_fetch": "/mj/task/{id}/fetch",
    "mj_find": "/mj/task/list-by-condition",
    "mj_tasks": "/mj/task/list",
}
"""What all of them have. mj_find: tasks by their ids. mj_tasks: the latest, to look among for one
whose id we were not told; a relay of many people has none."""

BUTTONS: Mapping[str, str] = {
    "mj_action": "/mj/submit/action",
    "mj_modal": "/mj/submit/modal",
    "mj_shorten": "/mj/submit/shorten",
    "mj_swap_face": "/mj/insight-face/swap",
    "mj_seed": "/mj/task/{id}/image-seed",
    "mj_upload": "/mj/submit/upload-discord-images",
}
"""Of those that press Midjourney's own buttons."""

SPEEDS: Mapping[str, str] = {
    "mj_fast": "/mj-fast/mj",
    "mj_relax": "/mj-relax/mj",
    "mj_turbo": "/mj-turbo/mj",
}
"""What stands for /mj where a speed is asked for. Without them the prompt carries it."""

EMULATION_TAG = "midjourney"
"""The channel tag that says: pictures of this channel serve Midjourney's verbs too."""
EMULATED: Mapping[str, str] = dict.fromkeys(
    ("mj_imagine", "mj_blend", "mj_describe", "mj_shorten", "mj_action", "mj_modal"), ""
)
"""Done by us with the channel's pictures: there is no address for them."""
