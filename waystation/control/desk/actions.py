"""All actions, in the order in which the document shows them."""

from waystation.control.desk import (
    account_tools,
    accounts,
    channel_tools,
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
    sign_in_providers,
    tasks,
    token_hooks,
    tokens,
    usage,
)
from waystation.control.desk.action import Action

_MODULES = (
    session,
    registration,
    me,
    oauth,
    sign_in_providers,
    scripts,
    tokens,
    token_hooks,
    logs,
    tasks,
    usage,
    channels,
    channel_tools,
    groups,
    prices,
    accounts,
    account_tools,
    codes,
    house,
    public,
)

ACTIONS: tuple[Action, ...] = tuple(each for module in _MODULES for each in module.ACTIONS)
