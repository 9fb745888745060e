"""Upstreams of Suno on a real socket, in each of their forms, with the habits that tests ask for.

    async with FakeSuno() as suno:
        suno.jobs[0].hear(); suno.jobs[0].finish()
        suno.on_submit(suno.raw(200, b'{"code":"submit_failed","message":"no"}'))

Everything received is in `seen`: (method, path with query, headers, body as JSON).
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from aiohttp import web
from PIL import Image

from tests.midjourney.pictures import png
from tests.sound.sounds import tone
from waystation.demo.music.film import film
from waystation.demo.music.song import Files
from waystation.sound.encoding import encode

Answer = Callable[["FakeSuno", dict[str, Any]], Awaitable[web.StreamResponse]]


@lru_cache(1)
def sounds() -> Files:
    """A real sound and film, if a dull one: nobody listens, but what they are is looked at."""
    heard = tone(1.0)
    return Files(1.0, encode(heard, "mp3"), b"", film(heard, Image.new("RGB", (64, 64), "navy")))


class Seen(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Job:
    """A task as this upstream tells it, two songs or lyrics."""

    def __init__(self, suno: "FakeSuno", job_id: str, page: str, body: dict[str, Any]) -> None:
        self._suno = suno
        self.id = job_id
        self.page = page
        self.body = body
        self.status = "SUBMITTED"
        self.progress = "0%"
        self.reason = ""
        self.words: dict[str, Any] | None = None
        count_of = 1 if page in ("concat", "uploads") else 2
        self.clips: list[dict[str, Any]] = [
            {"id": f"{job_id}-clip-{at}", "status": "submitted", "user_id": "upstream-user"}
            for at in range(1, count_of + 1)
        ]

    def hear(self, **fields: Any) -> None:
        """Title, lyrics and cover are known; the sound is not."""
        self.status, self.progress = "IN_PROGRESS", "30%"
        for clip in self.clips:
            clip |= {
                "status": "streaming",
                "title": "Ferry Waltz",
                "audio_url": f"https://audiopipe.upstream.internal/?item_id={clip['id']}",
                "image_url": self._suno.put(f"{clip['id']}.png", png("navy", (64, 64))),
                "image_large_url": self._suno.put(f"{clip['id']}-large.png", png("navy", (96, 96))),
                "model_name": "chirp-v3",
                "major_model_version": "v3",
                "metadata": {"tags": "waltz", "prompt": "[Verse]\nwater", **fields},
            }

    def finish(self) -> None:
        if self.page == "lyrics":
            self.status = "SUCCESS"
            self.words = {
                "id": self.id, "status": "complete", "title": "Ferries", "text": "[Verse]\nwater",
            }  # fmt: skip
            return
        self.hear(duration=16.6)
        self.status, self.progress = "SUCCESS", "100%"
        for clip in self.clips:
            clip["status"] = "complete"
            clip["audio_url"] = self._suno.put(f"{clip['id']}.mp3", sounds().mp3)
            clip["video_url"] = self._suno.put(f"{clip['id']}.mp4", sounds().mp4)

    def fail(self, reason: str = "the words were refused") -> None:
        self.status, self.reason = "FAILURE", reason
        for clip in self.clips:
            clip["status"] = "error"
            clip["metadata"] = {"error_type": "moderation", "error_message": reason}

    def task(self) -> dict[str, Any]:
        return {
            "task_id": self.id,
            "action": "LYRICS" if self.page == "lyrics" else "MUSIC",
            "status": self.status,
            "fail_reason": self.reason,
            "submit_time": 1,
            "start_time": 1,
            "finish_time": 0,
            "progress": self.progress,
            "data": self.words if self.page == "lyrics" else self.clips,
        }


class FakeSuno:
    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.jobs: list[Job] = []
        self.files: dict[str, bytes] = {}
        self.hidden: set[str] = set()
        self.looks: deque[Answer] = deque()
        self.code: Any = "success"
        self.hidden_status = 400
        self.url = ""
        self._submits: deque[Answer] = deque()
        self._ids = count(1)
        self._runner: web.AppRunner | None = None

    # ---- what a test asks ------------------------------------------------------------------

    def on_submit(self, *answers: Answer) -> None:
        self._submits.extend(answers)

    def raw(self, status: int, body: bytes, kind: str = "application/json") -> Answer:
        async def answer(_suno: "FakeSuno", _body: dict[str, Any]) -> web.StreamResponse:
            return web.Response(status=status, body=body, content_type=kind)

        return answer

    def dies(self) -> Answer:
        """It has the request, and the connection is cut."""

        async def answer(_suno: "FakeSuno", _body: dict[str, Any]) -> web.StreamResponse:
            raise _Cut

        return answer

    def streams(
        self, *pieces: str | None, reason: str | None = "stop", done: bool = True
    ) -> Answer:
        """A chat stream of these texts; None cuts the connection there."""

        async def answer(suno: "FakeSuno", body: dict[str, Any]) -> web.StreamResponse:
            return await suno.stream(body, pieces, reason, done)

        return answer

    async def stream(
        self, body: dict[str, Any], pieces: tuple[str | None, ...], reason: str | None, done: bool
    ) -> web.StreamResponse:
        request = self._request
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for piece in pieces:
            if piece is None:
                raise _Cut
            await response.write(_frame(body, {"content": piece}, None))
        if reason:
            await response.write(_frame(body, {}, reason))
        if done:
            await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    def put(self, name: str, data: bytes) -> str:
        self.files[f"/cdn/{name}"] = data
        return f"{self.url}/cdn/{name}"

    def submits(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.method == "POST" and "fetch" not in seen.path]

    def polls(self) -> list[Seen]:
        return [s for s in self.seen if "fetch" in s.path or "/feed/" in s.path or "/get" in s.path]

    # ---- its pages -------------------------------------------------------------------------

    async def _take(self, request: web.Request) -> dict[str, Any]:
        raw = await request.read()
        body = json.loads(raw) if raw else {}
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(Seen(request.method, request.path_qs, headers, body))
        self._request = request
        return body if isinstance(body, dict) else {}

    def _add(self, page: str, body: dict[str, Any]) -> Job:
        job = Job(self, f"up-{next(self._ids)}", page, body)
        self.jobs.append(job)
        return job

    async def _asked(self, answers: deque[Answer], body: dict[str, Any]) -> web.StreamResponse:
        return await answers.popleft()(self, body)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        body = await self._take(request)
        if self._submits:
            return await self._asked(self._submits, body)
        page = request.match_info.get("page", "uploads")
        job = self._add(page, body)
        return web.json_response({"code": self.code, "message": "", "data": job.id})

    async def _find(self, request: web.Request) -> web.StreamResponse:
        body = await self._take(request)
        if self.looks:
            return await self._asked(self.looks, body)
        ids = set(body["ids"])
        told = [job.task() for job in self.jobs if job.id in ids and job.id not in self.hidden]
        return web.json_response({"code": self.code, "message": "", "data": told})

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        await self._take(request)
        for job in self.jobs:
            if job.id == request.match_info["id"] and job.id not in self.hidden:
                return web.json_response({"code": self.code, "message": "", "data": job.task()})
        told = {"code": "task_not_exist", "message": "task_not_exist", "data": None}
        return web.json_response(told, status=self.hidden_status)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        """Suno-API's own pages: songs, or lyrics."""
        body = await self._take(request)
        if self._submits:
            return await self._asked(self._submits, body)
        if "lyrics" in request.path:
            job = self._add("lyrics", body)
            return web.json_response({"id": job.id})
        job = self._add("music", body)
        return web.json_response({"id": "batch", "clips": job.clips, "session_id": 7})

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        await self._take(request)
        if self.looks:
            return await self._asked(self.looks, {})
        ids = set(request.match_info["ids"].split(","))
        clips = [clip for job in self.jobs for clip in job.clips if clip["id"] in ids]
        shown = [clip for clip in clips if clip["id"] not in self.hidden]
        return web.json_response(list(reversed(shown)))

    async def _lyrics(self, request: web.Request) -> web.StreamResponse:
        await self._take(request)
        job = next(job for job in self.jobs if job.id == request.match_info["id"])
        if job.id in self.hidden:
            return web.json_response({"error": "not found"}, status=self.hidden_status)
        return web.json_response(job.words or {"status": "running", "title": "", "text": ""})

    async def _songs_submit(self, request: web.Request) -> web.StreamResponse:
        """The other Suno-API's: an array of songs, lyrics at once."""
        body = await self._take(request)
        if request.path.endswith("lyrics"):
            return web.json_response(
                {"text": "[Verse]\nriver", "title": "River", "status": "complete"}
            )
        job = self._add("music", body)
        return web.json_response(job.clips)

    async def _songs(self, request: web.Request) -> web.StreamResponse:
        await self._take(request)
        ids = set(request.query["ids"].split(","))
        clips = [clip for job in self.jobs for clip in job.clips if clip["id"] in ids]
        return web.json_response(clips)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await self._take(request)
        return await self._asked(self._submits, body)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        data = self.files.get(request.path)
        return web.Response(status=404) if data is None else web.Response(body=data)

    # ---- its life --------------------------------------------------------------------------

    async def __aenter__(self) -> "FakeSuno":
        app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[_cutting])
        app.router.add_post("/suno/submit/{page}", self._submit)
        app.router.add_post("/suno/uploads/audio-url", self._submit)
        app.router.add_post("/suno/fetch", self._find)
        app.router.add_get("/suno/fetch/{id}", self._fetch)
        for path in ("/generate", "/generate/description-mode", "/generate/lyrics/"):
            app.router.add_post(path, self._generate)
        app.router.add_get("/feed/{ids}", self._feed)
        app.router.add_get("/lyrics/{id}", self._lyrics)
        for name in ("generate", "custom_generate", "extend_audio", "concat", "generate_lyrics"):
            app.router.add_post(f"/api/{name}", self._songs_submit)
        app.router.add_get("/api/get", self._songs)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/cdn/{name}", self._file)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()


def _frame(body: dict[str, Any], delta: dict[str, Any], reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    chunk = {
        "id": "chatcmpl-up", "object": "chat.completion.chunk", "created": 1731000000,
        "model": body.get("model"), "choices": [choice],
    }  # fmt: skip
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


class _Cut(Exception):
    """The connection is to be closed without a proper end."""


@web.middleware
async def _cutting(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except _Cut:
        assert request.transport is not None
        request.transport.abort()
        await asyncio.sleep(0)
        return web.Response(status=500)
    return response
