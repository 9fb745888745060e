"""All actions, in the order in which the document shows them."""

from waystation.control.desk import (
    account_tools,
    accounts,
    alerts,
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
    tokens,
    top_up_desk,
    top_ups,
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
    top_ups,
    top_up_desk,
    alerts,
    house,
    public,
)

ACTIONS: tuple[Action, ...] = tuple(each for module in _MODULES for each in module.ACTIONS)
