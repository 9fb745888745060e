"""What Ideogram's errors say: `{"error": "…"}`; 422 is its safety check of prompt or picture."""

from waystation.dialects.faults import read_error
from waystation.errors import Fault
from waystation.upstream.pictures.wire import Judge

_WORDS = ("safety", "prohibited", "moderation", "unsafe")


def judge_with(secrets: tuple[str, ...]) -> Judge:
    def judge(status: int, body: bytes) -> Fault | None:
        if status not in (400, 422):
            return None
        message = read_error(status, body, secrets).message or ""
        if not any(word in message.lower() for word in _WORDS):
            return None
        return Fault("content_policy_violation", message=message)

    return judge
