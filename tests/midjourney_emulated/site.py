"""A relay as its callers see it, with Midjourney drawn by the demo channel.

shown = await site.done(await site.imagine("a red boat"))     the task object, once it is SUCCESS
tiles = await site.tiles(shown)                               its four pictures
"""

import asyncio
from io import BytesIO
from typing import Any

from PIL import Image, ImageChops, ImageStat

from tests.support.gateway import KEY
from tests.support.serve import Serve
from tests.support.wire import Reply, request
from waystation.control.apply.first_start import DEMO_DRAWS

SECONDS_MAX = 60.0
_FINAL = ("SUCCESS", "FAILURE", "CANCEL")


def demo(**more: Any) -> dict[str, Any]:
    """A channel of a relay.toml."""
    return {
        "name": "drawn",
        "vendor": "demo",
        "groups": ["default"],
        "models": ["demo-image"],
        "model_map": DEMO_DRAWS,
        "header_overrides": {"x-demo-fault": "prompt"},
        **more,
    }


class Site:
    def __init__(self, serve: Serve, key: str = KEY) -> None:
        self.serve = serve
        self.key = key

    async def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await request(self.serve.port, "POST", path, body, self.key, named)

    async def get(self, path: str, key: str | None = KEY) -> Reply:
        return await request(self.serve.port, "GET", path, None, key and self.key)

    async def submit(self, page: str, prefix: str = "/mj", **fields: Any) -> dict[str, Any]:
        page = page if page.startswith("insight") else f"submit/{page}"
        reply = await self.post(f"{prefix}/{page}", fields)
        assert reply.status == 200, reply.body
        told: dict[str, Any] = reply.json()
        return told

    async def begun(self, page: str, **fields: Any) -> str:
        """The id of a task that was accepted."""
        told = await self.submit(page, **fields)
        assert told["code"] == 1, told
        return str(told["result"])

    async def imagine(self, prompt: str, **fields: Any) -> str:
        return await self.begun("imagine", prompt=prompt, **fields)

    async def press(self, shown: dict[str, Any], part: str, **fields: Any) -> dict[str, Any]:
        """The outcome of the button whose customId has this part."""
        found = [one["customId"] for one in shown["buttons"] if part in one["customId"]]
        assert len(found) == 1, (part, shown["buttons"])
        return await self.submit("action", taskId=shown["id"], customId=found[0], **fields)

    async def pressed(self, shown: dict[str, Any], part: str, **fields: Any) -> dict[str, Any]:
        """The finished task of a button that opens no window."""
        told = await self.press(shown, part, **fields)
        assert told["code"] == 1, told
        return await self.done(str(told["result"]))

    async def confirmed(self, window: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """The finished task of a window."""
        assert window["code"] == 21, window
        told = await self.submit("modal", taskId=window["result"], **fields)
        assert (told["code"], told["result"]) == (1, window["result"]), told
        return await self.done(str(told["result"]))

    async def fetch(self, task_id: str) -> dict[str, Any]:
        reply = await self.get(f"/mj/task/{task_id}/fetch")
        assert reply.status == 200, reply.body
        shown: dict[str, Any] = reply.json()
        return shown

    async def ended(self, task_id: str) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS_MAX):
            while (shown := await self.fetch(task_id))["status"] not in _FINAL:
                await asyncio.sleep(0.05)
        return shown

    async def done(self, task_id: str) -> dict[str, Any]:
        shown = await self.ended(task_id)
        assert shown["status"] == "SUCCESS", shown
        return shown

    async def failed(self, task_id: str) -> str:
        """Why."""
        shown = await self.ended(task_id)
        assert shown["status"] == "FAILURE", shown
        return str(shown["failReason"])

    # ---- pictures --------------------------------------------------------------------------

    async def load(self, link: str) -> bytes:
        """Without any key."""
        reply = await self.get("/" + link.split("/", 3)[3], None)
        assert reply.status == 200, (link, reply.body)
        assert reply.headers["content-type"].startswith("image/")
        return reply.body

    async def whole(self, shown: dict[str, Any]) -> Image.Image:
        return opened(await self.load(shown["imageUrl"]))

    async def tiles(self, shown: dict[str, Any]) -> list[Image.Image]:
        return [opened(await self.load(each["url"])) for each in shown["imageUrls"]]

    async def stored(self) -> int:
        """How many pictures are kept, without previews, which are JPEG and go by themselves."""
        count, path = 0, "/v1/artefacts?limit=100"
        while path:
            reply = await self.get(path)
            assert reply.status == 200, reply.body
            page = reply.json()
            count += sum(each["content_type"] == "image/png" for each in page["data"])
            cursor = page.get("next_cursor")
            path = f"/v1/artefacts?limit=100&cursor={cursor}" if page["has_more"] else ""
        return count

    # ---- money -----------------------------------------------------------------------------

    async def spent(self) -> float:
        """USD, once everything is settled."""
        reply = await self.get("/v1/dashboard/billing/usage")
        assert reply.status == 200, reply.body
        return float(reply.json()["total_usage"]) / 100


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGB")


def same(one: Image.Image, other: Image.Image) -> bool:
    """Pixel by pixel."""
    return one.size == other.size and ImageChops.difference(one, other).getbbox() is None


def distance(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of pixels, 0 to 255."""
    small = [each.resize((64, 64)) for each in (one, other)]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean) / 3


def quarter(grid: Image.Image, number: int) -> Image.Image:
    width, height = grid.width // 2, grid.height // 2
    left, top = (number - 1) % 2 * width, (number - 1) // 2 * height
    return grid.crop((left, top, left + width, top + height))
