"""The task pages of Suno's protocol, as the demo serves them: songs take a while, by the clock.

Files stand in the answer as data: addresses; the demo has no place to keep them.
"""

import json
from base64 import b64encode
from time import time_ns
from typing import Any

from waystation.demo.music import song
from waystation.demo.music.order import SongOrder, id_of, order_of, read_order

SUBMITS = {
    "/suno/submit/music": "MUSIC",
    "/suno/submit/lyrics": "LYRICS",
    "/suno/submit/concat": "CONCAT",
    "/suno/uploads/audio-url": "UPLOAD",
}
FETCH = "/suno/fetch"
_HEARD_PACES, _DONE_PACES = 40, 150
"""After so many paces the words and the cover are there; after so many the sound."""
_KNOWN_MAX = 256
_RENDERED_MAX = 2
"""Tasks that are rendered for one list; the others of it take a little longer."""

_known: dict[str, SongOrder] = {}


def is_suno(path: str) -> bool:
    return path in SUBMITS or path == FETCH or path.startswith(f"{FETCH}/")


def answer(path: str, body: bytes, pace_ms: int) -> tuple[int, bytes]:
    """(status, JSON). In a thread: a song that is due is rendered."""
    try:
        action = SUBMITS.get(path)
        if action is not None:
            return 200, _success(_submitted(action, _object(body)))
        if path == FETCH:
            ids = _object(body).get("ids")
            return 200, _success(_list(ids if isinstance(ids, list) else [], pace_ms))
        task = _task(path.removeprefix(f"{FETCH}/"), pace_ms)
        if task is None:
            return 404, _dump({"code": "task_not_exist", "message": "no such task", "data": None})
        return 200, _success(task)
    except ValueError as wrong:
        return 400, _dump({"code": "invalid_request", "message": str(wrong), "data": None})


def _list(ids: list[Any], pace_ms: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    rendered = 0
    for each in ids:
        task = _task(each, pace_ms, renders=rendered < _RENDERED_MAX) if _is_text(each) else None
        if task is not None:
            found.append(task)
            rendered += task["status"] == "SUCCESS"
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _submitted(action: str, body: dict[str, Any]) -> str:
    order = read_order(action, body)
    if not (order.words or order.parts):
        raise ValueError("prompt is empty")
    order_id = id_of(order)
    while len(_known) >= _KNOWN_MAX:
        del _known[next(iter(_known))]
    _known[order_id] = order
    return order_id


def _task(order_id: str, pace_ms: int, *, renders: bool = True) -> dict[str, Any] | None:
    try:
        order = _known.get(order_id) or order_of(order_id)
    except ValueError:
        return None
    age_ms = time_ns() // 1_000_000 - order.created_ms
    is_heard = age_ms >= _HEARD_PACES * pace_ms
    is_done = renders and age_ms >= _DONE_PACES * pace_ms
    if order.action in ("LYRICS", "UPLOAD"):
        is_done = is_heard
    data = _data(order, order_id, is_heard, is_done)
    return {
        "task_id": order_id,
        "action": order.action,
        "status": "SUCCESS" if is_done else "IN_PROGRESS" if is_heard else "SUBMITTED",
        "fail_reason": "",
        "submit_time": order.created_ms // 1000,
        "start_time": order.created_ms // 1000,
        "finish_time": order.created_ms // 1000 if is_done else 0,
        "progress": "100%" if is_done else "40%" if is_heard else "0%",
        "data": data,
    }


def _data(order: SongOrder, order_id: str, is_heard: bool, is_done: bool) -> Any:
    if order.action == "LYRICS":
        if not is_done:
            return None
        title, _, text = song.words_of(order, 0)
        return {"id": order_id, "status": "complete", "title": title, "text": text}
    return [_clip(order, order_id, at, is_heard, is_done) for at in range(order.count)]


def _clip(
    order: SongOrder, order_id: str, at: int, is_heard: bool, is_done: bool
) -> dict[str, Any]:
    clip: dict[str, Any] = {"id": f"{order_id}.{at + 1}", "status": "submitted"}
    metadata: dict[str, Any] = {"gpt_description_prompt": order.about or None}
    if is_heard:
        words = song.words_of(order, at)
        clip |= {"status": "streaming", "title": words.title, "model_name": "demo"}
        clip["image_url"] = clip["image_large_url"] = _data_url(
            "image/jpeg", song.cover_of(order, at)
        )
        metadata |= {"tags": words.tags, "prompt": words.lyrics}
    if is_done:
        files = song.files_of(order, at)
        clip |= {
            "status": "complete",
            "audio_url": _data_url("audio/mpeg", files.mp3),
            "wav_url": _data_url("audio/wav", files.wav),
            "video_url": _data_url("video/mp4", files.mp4),
        }
        metadata["duration"] = files.seconds
    return {**clip, "major_model_version": "demo", "metadata": metadata}


def _object(body: bytes) -> dict[str, Any]:
    """Raises ValueError."""
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("the body is not an object")
    return found


def _data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{b64encode(data).decode('ascii')}"


def _success(data: Any) -> bytes:
    return _dump({"code": "success", "message": "", "data": data})


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
