"""Why a task could not be drawn, in the words of the protocol."""

from waystation.dialects.midjourney import texts
from waystation.errors import Fault
from waystation.imaging.picture import BadPicture
from waystation.routing.verdict import Verdict, judge, judge_transport
from waystation.tasks.task import Change
from waystation.upstream.attempt import AttemptFailed

_OURS = frozenset({401, 402, 403})
_BUSY = frozenset({429, 503})


class NotDrawn(Exception):
    """code: of our own, for logs. reason: `[title] text`. elsewhere: another channel may do it.
    again_seconds: worth another try here after so long. waits: by nobody just now, perhaps soon.
    verdict: what it says of the channel, None nothing."""

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        elsewhere: bool = False,
        again_seconds: float | None = None,
        waits: bool = False,
        verdict: Verdict | None = None,
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.elsewhere = elsewhere
        self.again_seconds = again_seconds
        self.waits = waits
        self.verdict = verdict

    def change(self) -> Change:
        return Change(state="FAILURE", fail_code=self.code, fail_reason=self.reason)


def invalid_parameter(text: str) -> NotDrawn:
    return NotDrawn("invalid_parameter", f"[Invalid parameter] {text}")


def of_picture(bad: BadPicture) -> NotDrawn:
    """What a caller's picture or mask is not."""
    return NotDrawn("invalid_image", "Invalid mask" if bad.reason == "mask" else str(bad))


def of_input(fault: Fault) -> NotDrawn:
    """A link of the caller that leads to no picture."""
    return NotDrawn(fault.code, f"[Invalid link] {fault.text('en')}")


def of_upstream(failed: AttemptFailed) -> NotDrawn:
    found = _of_upstream(failed)
    if failed.kind:
        found.verdict = judge_transport(failed.kind, failed.fault)
    else:
        found.verdict = judge(failed.status, failed.fault)
    return found


def _of_upstream(failed: AttemptFailed) -> NotDrawn:
    fault = failed.fault
    text = fault.text("en")
    if fault.code == "content_policy_violation":
        return NotDrawn(fault.code, f"[Banned prompt detected] {text}")
    status = failed.status or fault.status
    if status in _OURS:  # our account there, which is nobody's business
        return NotDrawn("upstream_account_unavailable", texts.NO_ACCOUNT, elsewhere=True)
    if status in _BUSY or failed.kind in ("connect", "connect_timeout"):
        return NotDrawn(
            fault.code,
            f"[Queue full] {text}",
            elsewhere=True,
            again_seconds=float(fault.retry_after or 2),
            waits=status in _BUSY,
        )
    if 400 <= status < 500 and status != 408:
        return NotDrawn(fault.code, f"[Failed to process your command] {text}")
    return NotDrawn(fault.code, f"[Internal error] {text}", elsewhere=True, again_seconds=1.0)
