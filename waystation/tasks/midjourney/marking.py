"""What a proxy's answer to a submit says of its channel and key, in routing's words. Pure."""

from waystation.errors import Fault
from waystation.routing.verdict import Verdict, judge, judge_transport
from waystation.tasks.midjourney.submitting import Refused, Unknown

_STATUSES = {
    "upstream_account_unavailable": 401,
    "upstream_saturated": 429,
    "upstream_refused": 400,
}


def mark(verdict: Refused | Unknown) -> Verdict | None:
    """None: nothing was learnt of it."""
    if isinstance(verdict, Unknown):
        return Verdict("failed", Fault("upstream_error", reason=verdict.reason), retry=False)
    if verdict.code == "upstream_unreachable":
        return judge_transport("connect", Fault("upstream_error", reason="no connection"))
    status = _STATUSES.get(verdict.code)
    if status is None:
        return None
    code = verdict.code if status != 400 else "upstream_error"
    return judge(status, Fault(code, reason=verdict.reason, retry_after=verdict.retry_seconds))
