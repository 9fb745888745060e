"""All actions, in the order in which the document shows them."""

from waystation.control.desk import (
    accounts,
    channels,
    codes,
    groups,
    house,
    logs,
    me,
    oauth,
    prices,
    public,
    registration,
    scripts,
    session,
    tasks,
    tokens,
    usage,
)
from waystation.control.desk.action import Action

_MODULES = (
    session,
    registration,
    me,
    oauth,
    scripts,
    tokens,
    logs,
    tasks,
    usage,
    channels,
    groups,
    prices,
    accounts,
    codes,
    house,
    public,
)

ACTIONS: tuple[Action, ...] = tuple(each for module in _MODULES for each in module.ACTIONS)
