"""Which models are of this sort, and how a GPT's name is written."""

import re

_GIZMO = "gpt-4-gizmo-"
_ALL = re.compile(r"(?:gpt-|o)\d[\w.\-]*-all(?:-[\w.\-]+)?")
_PASTED = re.compile(r"(gpt-4-gizmo-g-(?:p-)?[0-9A-Za-z]+)-[^/]+")


def is_one(model: str) -> bool:
    """A model that takes files by their addresses and answers with links."""
    if model.startswith(_GIZMO):
        return True
    return "-all" in model and _ALL.fullmatch(model) is not None


def canonical(model: str) -> str:
    """Without the words that follow a GPT's id in the address bar."""
    if not model.startswith(_GIZMO):
        return model
    found = _PASTED.fullmatch(model)
    return model if found is None else found[1]
