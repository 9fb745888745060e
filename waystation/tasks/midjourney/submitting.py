"""A submit as a proxy takes it, and what its answer means. Pure.

Accepted    it has the task, under this id
Window      it asks back: the modal is to follow
Exists      an upscale that was made before: its result is there
Refused     it certainly has not taken it; `elsewhere`: another channel may
Unknown     it may have taken it: never to be sent again
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from waystation.dialects.midjourney import outcome, texts
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.upstream import Malformed, Submitted, read_submitted
from waystation.dialects.scrub import scrubbed


class Accepted(msgspec.Struct, frozen=True):
    upstream_id: str
    properties: Mapping[str, Any] = {}


class Window(msgspec.Struct, frozen=True):
    upstream_id: str
    final_prompt: str


class Exists(msgspec.Struct, frozen=True):
    upstream_id: str


class Refused(msgspec.Struct, frozen=True):
    """reason: for the caller, scrubbed. code: of our own, for logs. parks: our account there, or
    the channel itself, is at fault. retry_seconds: as it asked for."""

    reason: str
    code: str
    elsewhere: bool = False
    parks: bool = False
    retry_seconds: int | None = None


class Unknown(msgspec.Struct, frozen=True):
    reason: str


Verdict = Accepted | Window | Exists | Refused | Unknown

_ACCOUNT_STATUSES = frozenset({401, 402, 403})
_ACCOUNT_WORDS = (
    "quota_not_enough",
    "insufficient",
    "no_channel_alive",
    "price_not_configured",
    "model_not_available_in_group",
    "未提供令牌",
    "无效的令牌",
    "余额不足",
    "无可用",
    "pending mod message",
    "plan cancelled",
    "subscription required",
    "subscription paused",
)
"""Our account there is at fault, not the caller's request."""
_BUSY_CODES = frozenset({outcome.FAILURE, outcome.QUEUE_FULL, outcome.RATE_LIMITED})


def judge(
    status: int,
    body: bytes,
    secrets: Sequence[str],
    *,
    follows: bool,
    retry_seconds: int | None = None,
) -> Verdict:
    """Of an answer that came. follows: it was about a task that the upstream made before.
    retry_seconds: its retry-after."""
    if status in _ACCOUNT_STATUSES:
        return Refused("account", "upstream_account_unavailable", elsewhere=True, parks=True)
    if status in (429, 503):
        return Refused(
            texts.QUEUE_FULL, "upstream_saturated", elsewhere=True, retry_seconds=retry_seconds
        )
    if status >= 500 or status == 408 or 300 <= status < 400:
        return Unknown(f"status {status}")
    try:
        told = read_submitted(body)
    except Malformed as malformed:
        if status >= 400:
            return Refused(f"status {status}", "upstream_refused")
        return Unknown(str(malformed))
    return _of_code(told, scrubbed(told.description, secrets), follows)


def _of_code(told: Submitted, description: str, follows: bool) -> Verdict:
    upstream_id = told.result[0] if told.result else ""
    if told.code in (outcome.ACCEPTED, outcome.QUEUED):
        if upstream_id:
            return Accepted(upstream_id, told.properties)
        return Unknown("accepted without an id")
    if told.code == outcome.WINDOW and upstream_id:
        if told.exists:
            return Exists(upstream_id)
        final = told.properties.get("finalPrompt")
        return Window(upstream_id, final if isinstance(final, str) else "")
    if told.code in _BUSY_CODES:
        reason = description or texts.FAILED
        return Refused(reason, "upstream_saturated", elsewhere=True)
    if told.code == outcome.NOT_FOUND:
        if follows:
            return Refused(description or texts.PARENT_GONE, "upstream_refused")
        return Refused(texts.NO_ACCOUNT, "upstream_account_unavailable", True, True)
    if told.code == outcome.BANNED:
        word = told.properties.get("bannedWord")
        shown = f": {word}" if isinstance(word, str) and word else ""
        return Refused(f"[Banned prompt detected] {texts.BANNED}{shown}", "banned_word")
    lowered = description.lower()
    if any(word in lowered for word in _ACCOUNT_WORDS):
        return Refused("account", "upstream_account_unavailable", elsewhere=True, parks=True)
    return Refused(description or texts.NO_REASON, "upstream_refused")


def page_of(job: Job, paths: Mapping[str, str]) -> str:
    """The operation whose address this job goes to, "" where the channel has none."""
    if job.page in ("action", "change"):
        if "mj_action" in paths and job.custom_id:
            return "mj_action"
        return "mj_change" if is_change(job) and "mj_change" in paths else ""
    name = f"mj_{'edits' if job.page == 'retexture' else job.page}"
    return name if name in paths else ""


def is_change(job: Job) -> bool:
    """One of the three that the oldest page knows: U and V of a tile, and again."""
    return job.action == "REROLL" or (job.action in ("UPSCALE", "VARIATION") and job.index > 0)


def write_submit(
    job: Job,
    page: str,
    pictures: Sequence[str],
    *,
    parent: str,
    hook: str,
    state: str,
    flag: str,
) -> bytes:
    """The body. pictures: as data URLs or links, in the job's order. parent: the upstream's id of
    the task it follows. hook, state: ours, never the caller's. flag: a speed that the address
    cannot say."""
    body: dict[str, Any] = {"notifyHook": hook, "state": state}
    prompt = f"{job.prompt} --{flag}" if flag and job.prompt else job.prompt
    if page == "mj_imagine":
        body |= {"botType": job.bot_type, "prompt": prompt, "base64Array": list(pictures)}
    elif page == "mj_blend":
        body |= {"botType": job.bot_type, "base64Array": list(pictures)}
        body["dimensions"] = job.dimensions
    elif page == "mj_describe":
        body |= {"botType": job.bot_type, **_described(pictures[0])}
    elif page == "mj_shorten":
        body |= {"botType": job.bot_type, "prompt": prompt}
    elif page == "mj_action":
        body |= {"taskId": parent, "customId": job.custom_id}
        if job.choose_same_channel is not None:
            body["chooseSameChannel"] = job.choose_same_channel
        if job.enable_remix:
            body["enableRemix"] = True
    elif page == "mj_change":
        body |= {"taskId": parent, "action": job.action}
        if job.index:
            body["index"] = job.index
    elif page == "mj_swap_face":
        body |= {"sourceBase64": pictures[0], "targetBase64": pictures[1]}
    elif page == "mj_edits":
        body |= {"botType": job.bot_type, "prompt": prompt, "image": pictures[0]}
    elif page == "mj_upload":
        body["base64Array"] = list(pictures)
    return msgspec.json.encode(body)


def write_modal(upstream_id: str, prompt: str, mask: str, hook: str, state: str) -> bytes:
    body: dict[str, Any] = {"taskId": upstream_id, "prompt": prompt}
    if mask:
        body["maskBase64"] = mask
    return msgspec.json.encode({**body, "notifyHook": hook, "state": state})


def _described(picture: str) -> dict[str, str]:
    name = "link" if picture.startswith(("http://", "https://")) else "base64"
    return {name: picture}
