"""Schemas put together: where a $ref points, and two schemas that both must hold as one."""

from typing import Any
from urllib.parse import unquote

Schema = dict[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def point(root: Any, reference: str) -> Schema:
    """What a reference into the same document names; nothing for any other."""
    if not reference.startswith("#"):
        return {}
    found = root
    for step in reference[1:].split("/")[1:]:
        step = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def merge(one: Schema, other: Schema) -> Schema:
    """Both at once, as far as their words can be joined; else the other's."""
    merged = dict(one)
    for name, value in other.items():
        merged[name] = _joined(name, merged[name], value) if name in merged else value
    return merged


def _joined(name: str, mine: Any, theirs: Any) -> Any:
    if name in _LOWER and _are_numbers(mine, theirs):
        return max(mine, theirs)
    if name in _UPPER and _are_numbers(mine, theirs):
        return min(mine, theirs)
    if name == "properties" and isinstance(mine, dict) and isinstance(theirs, dict):
        return _properties(mine, theirs)
    if name == "required" and isinstance(mine, list) and isinstance(theirs, list):
        return [*mine, *(each for each in theirs if each not in mine)]
    if name == "enum" and isinstance(mine, list) and isinstance(theirs, list):
        return [each for each in mine if each in theirs] or theirs
    if name == "type":
        return _types(mine, theirs)
    if name == "additionalProperties" and mine is False:
        return False
    return theirs


def _properties(mine: Schema, theirs: Schema) -> Schema:
    joined = {**mine, **theirs}
    for name in mine.keys() & theirs.keys():
        if isinstance(mine[name], dict) and isinstance(theirs[name], dict):
            joined[name] = merge(mine[name], theirs[name])
    return joined


def _types(mine: Any, theirs: Any) -> Any:
    mine = mine if isinstance(mine, list) else [mine]
    theirs = theirs if isinstance(theirs, list) else [theirs]
    both = [each for each in mine if each in theirs]
    if not both and "integer" in (*mine, *theirs) and "number" in (*mine, *theirs):
        both = ["integer"]
    return both or theirs


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)
