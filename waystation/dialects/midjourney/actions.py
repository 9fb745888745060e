"""What a task does, what it is called where it has a price, and what a channel must speak for it.

A price is found by `mj_` and the action in lower case, with a speed before it where one was asked
for and has a price of its own: mj_imagine, mj_turbo_imagine, mj_relax_upscale.
"""

from typing import Final

from waystation.dialects.midjourney.speed import Mode

OPERATIONS: Final = {
    "IMAGINE": "mj_imagine",
    "BLEND": "mj_blend",
    "DESCRIBE": "mj_describe",
    "SHORTEN": "mj_shorten",
    "UPSCALE": "mj_action",
    "VARIATION": "mj_action",
    "HIGH_VARIATION": "mj_action",
    "LOW_VARIATION": "mj_action",
    "REROLL": "mj_action",
    "ZOOM": "mj_action",
    "PAN": "mj_action",
    "CUSTOM_ZOOM": "mj_modal",
    "INPAINT": "mj_modal",
    "ACTION": "mj_action",
    "SWAP_FACE": "mj_swap_face",
    "UPLOAD": "mj_upload",
    "EDITS": "mj_edits",
    "RETEXTURE": "mj_edits",
    "VIDEO": "mj_video",
}
"""Action → what a channel must have an address for."""

GRIDS: Final = frozenset({"IMAGINE", "VARIATION", "REROLL", "BLEND", "ZOOM", "PAN", "INPAINT"})
"""Four pictures come of these, and U and V may follow."""

DRAWN: Final = GRIDS | {"HIGH_VARIATION", "LOW_VARIATION", "CUSTOM_ZOOM", "EDITS", "RETEXTURE"}
"""What can be drawn again with the same prompt."""

CHANGED: Final = frozenset({"IMAGINE", "VARIATION", "REROLL", "BLEND", "ZOOM", "PAN"})
"""What the oldest pages, change and simple-change, accept as parent."""

FACES: Final = "INSIGHT_FACE"
BOTS: Final = {
    "MID_JOURNEY": "MID_JOURNEY",
    "NIJI_JOURNEY": "NIJI_JOURNEY",
    "MJ": "MID_JOURNEY",
    "NIJI": "NIJI_JOURNEY",
}


def bot_of(name: str) -> str:
    """Unknown names are the default."""
    return BOTS.get(name.strip().upper(), "MID_JOURNEY")


def price_names(action: str, mode: Mode, confirmed: bool = False) -> tuple[str, ...]:
    """The names a price is looked for under, the best first. confirmed: it comes out of a window;
    those whose own price is none cost what a confirmation costs."""
    verbs = ["modal"] if confirmed else []
    if not confirmed or action not in ("CUSTOM_ZOOM", "INPAINT"):
        verbs.insert(0, action.lower())
    names = [f"mj_{mode}_{verb}" for verb in verbs] if mode else []
    names += [f"mj_{verb}" for verb in verbs]
    if action == "SWAP_FACE":
        names = [*names, "swap_face"]
    return tuple(names)
