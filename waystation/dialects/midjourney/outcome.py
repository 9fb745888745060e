"""The answer to a submit: HTTP 200 with a code of its own, whatever the business said.

code  meaning                                   result
1     accepted                                  the task's id
3     a task, an account or a seed is not there null
4     the request is not acceptable             null
5     an upstream answered nonsense             null
9     a failure that may be gone next time      null
21    a window waits for /submit/modal          the id of the waiting task
22    accepted, others are ahead                the task's id
23    the queue is full, nothing was stored     null
24    a banned word, nothing was stored         null
30    too many requests (HTTP 429)              null
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from waystation.errors import Language

ACCEPTED: Final = 1
NOT_FOUND: Final = 3
INVALID: Final = 4
RELAY: Final = 5
FAILURE: Final = 9
WINDOW: Final = 21
QUEUED: Final = 22
QUEUE_FULL: Final = 23
BANNED: Final = 24
RATE_LIMITED: Final = 30

SUBMITTED = "Submit success"
SUBMITTED_ZH = "提交成功"
WAITING = "Waiting for window confirm"
"""A client looks for "confirm" in it."""

_encode = msgspec.json.Encoder().encode


class Outcome(msgspec.Struct, frozen=True):
    """properties is never null on the wire, and result is null on every failure: a value there
    makes clients open a window that leads nowhere. result: a tuple for uploads (their links)."""

    code: int
    description: str
    result: str | tuple[str, ...] | None = None
    properties: Mapping[str, Any] = {}

    def body(self) -> bytes:
        """Compact: relays chained behind us search the raw text for `"code":21`."""
        return _encode(self)


class Declined(Exception):
    """A submit that is not accepted; its outcome is the reply."""

    def __init__(self, code: int, description: str, **properties: Any) -> None:
        super().__init__(description)
        self.outcome = Outcome(code, description, None, properties)


def invalid(description: str) -> Declined:
    return Declined(INVALID, description)


def accepted(
    task_id: str,
    language: Language,
    properties: Mapping[str, Any],
    ahead: int = 0,
    tells_queue: bool = False,
) -> Outcome:
    """Code 1; with others ahead their number stands in the properties. tells_queue: then code 22,
    which the operator must ask for, since some clients take every code above 1 for an error."""
    if ahead > 0:
        properties = {**properties, "numberOfQueues": ahead}
        if tells_queue:
            return Outcome(QUEUED, f"排队中，前面还有{ahead}个任务", task_id, properties)
    return Outcome(ACCEPTED, SUBMITTED_ZH if language == "zh" else SUBMITTED, task_id, properties)


def window(task_id: str, final_prompt: str) -> Outcome:
    """Code 21: the prompt to edit is always there, for windows without one too."""
    return Outcome(WINDOW, WAITING, task_id, {"finalPrompt": final_prompt, "remix": True})
