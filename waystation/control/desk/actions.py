"""All actions, in the order in which the document shows them."""

from waystation.control.desk import (
    accounts,
    channels,
    groups,
    logs,
    me,
    prices,
    registration,
    scripts,
    session,
    tokens,
    usage,
)
from waystation.control.desk.action import Action

_MODULES = (
    session,
    registration,
    me,
    scripts,
    tokens,
    logs,
    usage,
    channels,
    groups,
    prices,
    accounts,
)

ACTIONS: tuple[Action, ...] = tuple(each for module in _MODULES for each in module.ACTIONS)
