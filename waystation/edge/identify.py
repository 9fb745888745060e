"""Step one of every relay route: who calls, and may they, now and from there."""

from waystation.edge.call import Call
from waystation.identity.authenticator import Authenticator, judge
from waystation.identity.caller import Caller
from waystation.kernel.clock import now_ms


async def identify(authenticator: Authenticator, call: Call) -> Caller:
    """Raises Fault: 401, 403; 503 when the key cannot be judged."""
    caller = recall(authenticator, call)
    if caller is None:
        caller = await authenticator.find(authenticator.shown(call.header, call.query))
        judge(caller, call.peer, now_ms())
    return caller


def recall(authenticator: Authenticator, call: Call) -> Caller | None:
    """The same for a caller who is known by heart, as nearly all are; None: `identify` must ask."""
    caller = authenticator.cached(authenticator.shown(call.header, call.query))
    if caller is not None:
        judge(caller, call.peer, now_ms())
    return caller
