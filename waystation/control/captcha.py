"""Pictures of characters that people can read: the answer travels sealed, and is good once."""

import asyncio
import base64
import hmac
import secrets
from collections import OrderedDict

import msgspec

from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.storage.sealing import SealBroken, Sealing

LIFE_MS = 10 * 60_000
LENGTH = 5
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_USED_MAX = 10_000
_AT_ONCE_MAX = 2


class Captcha(msgspec.Struct, frozen=True):
    """id: to be sent back with what was read. image: a data: URL."""

    id: str
    image: str


class Captchas:
    """Used ones are remembered by this process until they are too old anyway."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, int] = OrderedDict()
        self._slots = asyncio.Semaphore(_AT_ONCE_MAX)

    async def draw(self, sealing: Sealing) -> Captcha:
        answer = "".join(secrets.choice(_LETTERS) for _ in range(LENGTH))
        async with self._slots:
            picture = await asyncio.to_thread(_draw, answer)
        until_ms = now_ms() + LIFE_MS
        sealed = sealing.seal(f"{until_ms}.{answer}.{secrets.token_hex(8)}", "captcha")
        return Captcha(sealed, f"data:image/png;base64,{base64.b64encode(picture).decode()}")

    def check(self, sealing: Sealing, name: str, said: str) -> None:
        """Raises Fault (captcha_wrong); it is used up either way."""
        try:
            until, answer, nonce = sealing.open(name, "captcha").split(".")
        except (SealBroken, ValueError):
            raise Fault("captcha_wrong") from None
        fresh = int(until) > now_ms() and nonce not in self._used
        self._used[nonce] = int(until)
        while self._used and (
            len(self._used) > _USED_MAX or next(iter(self._used.values())) < now_ms()
        ):
            self._used.popitem(last=False)
        given = said.strip().upper().encode("utf-8", "surrogateescape")
        if not fresh or not hmac.compare_digest(given, answer.encode()):
            raise Fault("captcha_wrong")


def _draw(text: str) -> bytes:
    from captcha.image import ImageCaptcha  # loads fonts: only where pictures are drawn

    drawn: bytes = ImageCaptcha(width=180, height=60).generate(text).getvalue()
    return drawn
