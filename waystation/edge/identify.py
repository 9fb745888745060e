"""Step one of every relay route: who calls, and may they, now and from there."""

from waystation.edge.call import Call
from waystation.identity.authenticator import Authenticator, judge
from waystation.identity.caller import Caller
from waystation.kernel.clock import now_ms


async def identify(authenticator: Authenticator, call: Call) -> Caller:
    """Raises Fault: 401, 403; 503 when the key cannot be judged."""
    shown = authenticator.shown(call.header, call.query)
    caller = authenticator.cached(shown)
    if caller is None:
        caller = await authenticator.find(shown)
    judge(caller, call.peer, now_ms())
    return caller
