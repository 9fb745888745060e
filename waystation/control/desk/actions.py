"""All actions, in the order in which the document shows them."""

from waystation.control.desk import me, registration, scripts, session
from waystation.control.desk.action import Action

_MODULES = (session, registration, me, scripts)

ACTIONS: tuple[Action, ...] = tuple(each for module in _MODULES for each in module.ACTIONS)
