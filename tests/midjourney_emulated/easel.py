"""An image model on a real socket that draws plain colours by the seed, waits, refuses and counts.

with Easel() as easel:
    easel.hold(seed)                 that picture waits until `easel.release()`
    easel.hold(seed, then=refusal(400))   and is refused then
    easel.refuse(429, ...)           the next call is answered so
    easel.calls                      bodies of generations, in order
"""

import json
import threading
from base64 import b64encode
from io import BytesIO
from typing import Any

from PIL import Image

from tests.support.rogue import Rogue
from tests.support.script import Gate, Script, Seen, reply

PATH = "/v1/images/generations"
VARIATIONS = "/v1/images/variations"


class Easel(Rogue):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[dict[str, Any]] = []
        self.size = (64, 64)
        self._held: dict[int, tuple[threading.Event, Script]] = {}
        self.forms: list[bytes] = []
        self.on(PATH, self._draw)
        self.on(VARIATIONS, self._vary)

    def reset(self) -> None:
        self.calls.clear()
        self.forms.clear()
        self.release()
        self._held.clear()
        self.size = (64, 64)

    def hold(self, *seeds: int, then: Script = ()) -> None:
        for seed in seeds:
            self._held[seed] = (threading.Event(), then)

    def release(self, *seeds: int) -> None:
        """These, or all."""
        for seed in seeds or tuple(self._held):
            self._held[seed][0].set()

    def drawn(self, seed: int) -> int:
        """How often this picture was asked for."""
        return sum(call.get("seed") == seed for call in self.calls)

    def refuse(self, status: int, code: str = "", **headers: str) -> None:
        """The next call."""
        self.queue(refusal(status, code, **headers))

    def _draw(self, seen: Seen) -> Script:
        body = seen.json()
        self.calls.append(body)
        seed = body.get("seed", len(self.calls))
        told = json.dumps({"created": 1, "data": [{"b64_json": colour(seed, self.size)}]})
        answer = reply(200, told.encode())
        if seed not in self._held:
            return answer
        released, then = self._held[seed]
        return (Gate(released), *(then or answer))

    def _vary(self, seen: Seen) -> Script:
        self.forms.append(seen.body)
        told = json.dumps({"created": 1, "data": [{"b64_json": colour(3, self.size)}]})
        return reply(200, told.encode())


def refusal(status: int, code: str = "", **headers: str) -> Script:
    error = {"message": "no, for a reason", "type": "invalid_request_error", "code": code or None}
    body = json.dumps({"error": error}).encode()
    return reply(status, body, {"content-type": "application/json", **headers})


def colour(seed: int, size: tuple[int, int]) -> str:
    made = BytesIO()
    Image.new("RGB", size, (seed % 256, seed * 7 % 256, seed * 31 % 256)).save(made, "PNG")
    return b64encode(made.getvalue()).decode()
