"""What an upstream tells of a task, merged into ours. Only forward: an answer that comes late, or
out of order, changes nothing that was known better."""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.dialects.scrub import scrubbed
from waystation.dialects.suno.seen import Clip, Seen, whole
from waystation.routing.snapshot import Channel
from waystation.tasks.states import State
from waystation.tasks.suno.filing import Filing, Key
from waystation.tasks.suno.made import Made, merged, ordered, plain, songs_of
from waystation.tasks.suno.saved import read_memo
from waystation.tasks.task import Change, Task

NO_REASON = "the upstream gave no reason"
_STORING_PROGRESS = 95
_PROGRESS: Mapping[str, int] = {"SUBMITTED": 0, "QUEUED": 5, "IN_PROGRESS": 30}
_WITH_STATE: Mapping[str, State] = {"IN_PROGRESS": "IN_PROGRESS"}


def want_files(filing: Filing, task: Task, seen: Seen, channel: Channel) -> None:
    """Pictures as soon as they are named; sound and video when the song is whole."""
    known = songs_of(task)
    _, clips = ordered(seen.clips, read_memo(task).clips)
    for number, clip in enumerate(clips):
        if clip is None:
            continue
        have = known[number].files if number < len(known) else {}
        for name, link in _links(clip, is_whole=seen.status == "SUCCESS"):
            if name not in have:
                filing.want(task, number, name, link, channel)


def _links(clip: Clip, *, is_whole: bool) -> list[tuple[str, str]]:
    links = [("image", clip.image or clip.image_large)]
    if clip.image_large and clip.image and clip.image_large != clip.image:
        links.append(("image_large", clip.image_large))
    if clip.status == "complete" or (is_whole and clip.status != "error"):
        links += [("audio", clip.audio), ("video", clip.video), ("wav", clip.wav)]
    return [(name, link) for name, link in links if link]


def change_of(task: Task, seen: Seen, filing: Filing, secrets: tuple[str, ...]) -> Change | None:
    """None: nothing new. What is stored by now goes into the row."""
    status = seen.status or whole(seen.clips).status
    if status == "FAILURE":
        return failed(seen, secrets)
    if task.action == "LYRICS":
        return _of_words(task, seen, status)
    result, memo = merge(task, seen, filing.stored(task.id))
    if status == "SUCCESS" and not filing.is_pending(task.id):
        return _finished(task, result, memo)
    if status == "SUCCESS":
        status, progress = "IN_PROGRESS", _STORING_PROGRESS
    else:
        progress = min(seen.progress or _PROGRESS.get(status or "", 0), _STORING_PROGRESS)
    return _progressed(task, status or "SUBMITTED", progress, result, memo)


def merge(
    task: Task, seen: Seen, stored: Mapping[Key, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(result, memo): the songs as they are with this, and their upstream ids."""
    known = list(songs_of(task))
    ids, clips = ordered(seen.clips, read_memo(task).clips)
    whole_task = seen.status == "SUCCESS"
    songs = []
    for number, clip in enumerate(clips):
        files = {name: path for (at, name), path in stored.items() if at == number and path}
        old = known[number] if number < len(known) else Made()
        if clip is not None and whole_task and clip.status != "error":
            clip = msgspec.structs.replace(clip, status="complete")
        songs.append(merged(old, clip, files))
    return {"songs": plain(songs)}, {"clips": tuple(ids)}


def _finished(task: Task, result: dict[str, Any], memo: dict[str, Any]) -> Change:
    heard = any("audio" in song.get("files", {}) for song in result["songs"])
    heard = heard or any("wav" in song.get("files", {}) for song in result["songs"])
    if not heard and not (task.action == "UPLOAD" and memo["clips"]):
        reason = "no sound of the upstream's songs could be had"
        return Change(state="FAILURE", fail_code="bad_upstream_response", fail_reason=reason)
    return Change(state="SUCCESS", progress=100, result=result, memo=memo)


def _progressed(
    task: Task, status: str, progress: int, result: dict[str, Any], memo: dict[str, Any]
) -> Change | None:
    stage = {"stage": "QUEUED"} if status == "QUEUED" and task.state == "SUBMITTED" else {}
    told = {**result, **stage}
    state = _WITH_STATE.get(status)
    if state == task.state:
        state = None
    is_new = any(task.result.get(name) != value for name, value in told.items())
    known = tuple(task.memo.get("clips", ()))
    if state is None and progress <= task.progress and not is_new and known == memo["clips"]:
        return None
    return Change(state=state, progress=progress, result=told, memo=memo)


def _of_words(task: Task, seen: Seen, status: str | None) -> Change | None:
    if seen.words is not None and status in ("SUCCESS", None):
        words = {"title": seen.words.title, "text": seen.words.text}
        return Change(state="SUCCESS", progress=100, result={"words": words})
    if status == "SUCCESS":
        reason = "the upstream's lyrics are empty"
        return Change(state="FAILURE", fail_code="bad_upstream_response", fail_reason=reason)
    if status == "IN_PROGRESS" and task.state != "IN_PROGRESS":
        return Change(state="IN_PROGRESS", progress=_PROGRESS["IN_PROGRESS"])
    return None


def failed(seen: Seen, secrets: tuple[str, ...]) -> Change:
    reason = scrubbed(seen.reason.strip(), secrets) or NO_REASON
    return Change(state="FAILURE", fail_code="upstream_failed", fail_reason=reason)
