"""Pages of others that people are sent to from here: where they pay, and where they sign in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import aiohttp
import aiohttp.web

from tests.desk.cashier import Cashier, easypay_notice, stripe_call
from tests.desk.test_elsewhere import Provider
from waystation.kernel.clock import now_ms

NOTICES = 3
"""How often each payment is told of."""


class PayingPages(Cashier):
    """What the provider shows the browser, besides what it tells the site. site: whom it tells."""

    def __init__(self, site: str) -> None:
        super().__init__()
        self.site = site
        self._backs: dict[str, str] = {}

    async def answer(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        if request.path.startswith("/pay/"):
            return _page(f"/paid/{request.path.rpartition('/')[2]}")
        if request.path == "/submit.php":
            return _page(f"/scanned?{request.query_string}")
        if request.path.startswith("/paid/"):
            number = request.path.rpartition("/")[2]
            await self._tell_as_stripe(number)
            raise aiohttp.web.HTTPFound(self._backs[number])
        if request.path == "/scanned":
            await self._tell_as_easypay(str(request.url))
            raise aiohttp.web.HTTPFound(request.query["return_url"])
        if request.path == "/v1/checkout/sessions":
            form = await request.post()
            self._backs[str(form["client_reference_id"])] = str(form["success_url"])
        return await super().answer(request)

    async def _tell_as_stripe(self, number: str) -> None:
        event = self.event(number, amount_total=10_000, payment_intent=f"pi_{number}")
        body, headers = stripe_call(event, now_ms() // 1000)
        async with aiohttp.ClientSession() as speaker:
            for _ in range(NOTICES):
                url = f"{self.site}/api/v1/top-ups/stripe"
                async with speaker.post(url, data=body, headers=headers) as reply:
                    assert reply.status == 200, await reply.text()

    async def _tell_as_easypay(self, url: str) -> None:
        query = easypay_notice(url)
        (address,) = parse_qs(url.partition("?")[2])["notify_url"]
        async with aiohttp.ClientSession() as speaker:
            for _ in range(NOTICES):
                async with speaker.get(f"{address}?{query}") as reply:
                    assert await reply.text() == "success"


class SigningIn(Provider):
    """Its page asks nobody anything: it sends the browser back at once."""

    async def answer(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        if request.path == "/authorize":
            back = f"{request.query['redirect_uri']}?{self.grant(str(request.url))}"
            raise aiohttp.web.HTTPFound(back)
        return await super().answer(request)


def _page(way_on: str) -> aiohttp.web.Response:
    head = "<title>Pay</title><link rel=icon href='data:,'>"
    text = f"<!doctype html><head>{head}</head><body><a href='{way_on}'>Pay now</a>"
    return aiohttp.web.Response(text=text, content_type="text/html")


@asynccontextmanager
async def standing(page: PayingPages | SigningIn) -> AsyncIterator[None]:
    app = aiohttp.web.Application()
    app.router.add_route("*", "/{path:.*}", page.answer)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    page.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await asyncio.shield(runner.cleanup())
