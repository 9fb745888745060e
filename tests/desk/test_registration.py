"""Making an account, letters to a real mail server, links that open once."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from tests.control.conftest import Console
from tests.desk.conftest import PASSWORD, Caller
from waystation.control.captcha import Captchas
from waystation.control.mail import box
from waystation.control.mail.letters import Letter
from waystation.control.mail.post import keep_posting, mail_server, post_due
from waystation.control.site import SignUp, write_setting
from waystation.settings import Settings
from waystation.storage.main import accounts, letters, mail_tokens

SECRET = "a good password"
BODY = {"email": "new@example.com", "password": SECRET}
PATH = "/api/v1/registration"


class Postman:
    """A mail server that keeps what it was given, or refuses it."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.taken.append(envelope)
        return self.answer


class _Server(Controller):
    """aiosmtpd asks itself whether it runs, at the port it was given: 0 is not the one it got."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailing(console: Console) -> Iterator[Postman]:
    postman = Postman()
    server = _Server(postman, hostname="127.0.0.1", port=0)
    server.start()
    console.services.settings = console.services.settings.model_copy(
        update={
            "mail_url": Settings(mail_url=f"smtp://127.0.0.1:{server.port}").mail_url,
            "mail_from": "Our relay <relay@relay.example>",
            "public_url": "https://relay.example",
        }
    )
    yield postman
    server.stop()


async def set_up(console: Console, **more: Any) -> None:
    async with console.store.write() as connection:
        await write_setting(connection, SignUp(**{"mode": "open", "captcha": False} | more))


async def deliver(console: Console) -> int:
    server = mail_server(console.services.settings)
    assert server is not None
    return await post_due(server, console.store, console.services.sealing())


def link_of(envelope: Any) -> tuple[str, str]:
    """(page, token) of a letter."""
    import email
    from email import policy

    text = email.message_from_bytes(envelope.content, policy=policy.default).get_content()
    found = re.search(r"https://relay\.example(/account/[a-z-]+)(?:#token=(\S+))?", text)
    assert found, text
    return found[1], found[2] or ""


async def test_registration_is_closed_at_first(console: Console) -> None:
    assert await Caller(console).refused("POST", PATH, BODY) == "registration_closed"
    site = await Caller(console).get("/api/v1/site")
    assert site["registration"] == "closed"


async def test_with_a_letter(console: Console, mailing: Postman) -> None:
    await set_up(console, credit="0.5")
    caller = Caller(console)
    assert await caller.ok("POST", PATH, BODY) == {"next": "confirm"}
    assert await caller.refused("POST", "/api/v1/session", BODY) == "email_not_confirmed"
    wrong = {**BODY, "password": "another password"}
    assert await caller.refused("POST", "/api/v1/session", wrong) == "invalid_credentials"
    assert await deliver(console) == 1
    (envelope,) = mailing.taken
    assert envelope.rcpt_tos == ["new@example.com"]
    assert envelope.mail_from == "relay@relay.example"
    assert b"From: Our relay <relay@relay.example>" in envelope.content
    page, token = link_of(envelope)
    assert page == "/account/confirm"
    confirmation = f"{PATH}/confirmation"
    await caller.ok("POST", confirmation, {"token": token})
    assert await caller.refused("POST", confirmation, {"token": token}) == "link_invalid"
    made = await caller.ok("POST", "/api/v1/session", BODY)
    me = Caller(console, {"authorization": f"Bearer {made['token']}"})
    assert (await me.get("/api/v1/me"))["balance"] == "0.5"


async def test_a_known_address_is_told_alike(console: Console, mailing: Postman) -> None:
    await set_up(console)
    await console.account("new@example.com")
    caller = Caller(console)
    status, told = await caller.say("POST", PATH, BODY)
    assert (status, told) == (202, {"next": "confirm"})
    await deliver(console)
    page, token = link_of(mailing.taken[0])
    assert (page, token) == ("/account/sign-in", "")
    async with console.store.read() as connection:
        assert len((await connection.execute(select(accounts))).all()) == 1


async def test_the_latest_letter_counts(console: Console, mailing: Postman) -> None:
    await set_up(console)
    caller = Caller(console)
    await caller.ok("POST", PATH, {**BODY, "password": "somebody else's"})
    await caller.ok("POST", PATH, BODY)
    await deliver(console)
    (_, old), (_, new) = map(link_of, mailing.taken)
    assert await caller.refused("POST", f"{PATH}/confirmation", {"token": old}) == "link_invalid"
    await caller.ok("POST", f"{PATH}/confirmation", {"token": new})
    await caller.ok("POST", "/api/v1/session", BODY)


async def test_letters_to_one_address_are_few(console: Console, mailing: Postman) -> None:
    await set_up(console)
    caller = Caller(console)
    for _ in range(5):
        await caller.ok("POST", PATH, BODY)
    assert await caller.refused("POST", PATH, BODY) == "too_many_attempts"


async def test_without_a_mail_server_it_is_ready(console: Console) -> None:
    await set_up(console, account_group="trial")
    caller = Caller(console)
    assert await caller.ok("POST", PATH, BODY) == {"next": "sign_in"}
    assert await caller.refused("POST", PATH, BODY) == "already_exists"
    made = await caller.ok("POST", "/api/v1/session", BODY)
    me = Caller(console, {"authorization": f"Bearer {made['token']}"})
    assert (await me.get("/api/v1/me"))["group"] == "trial"


async def test_the_captcha(console: Console) -> None:
    await set_up(console, captcha=True)
    caller = Caller(console)
    drawn = await caller.get("/api/v1/captcha")
    assert drawn["image"].startswith("data:image/png;base64,")
    answer = console.services.sealing().open(drawn["id"], "captcha").split(".")[1]
    said = {**BODY, "captcha_id": drawn["id"], "captcha": answer.lower()}
    assert await caller.refused("POST", PATH, BODY) == "captcha_wrong"
    await caller.ok("POST", PATH, said)
    assert await caller.refused("POST", PATH, {**said, "email": "b@example.com"}) == (
        "captcha_wrong"  # used up
    )


async def test_a_wrong_answer_uses_the_picture_up(console: Console) -> None:
    sealing, captchas = console.services.sealing(), Captchas()
    drawn = await captchas.draw(sealing)
    answer = sealing.open(drawn.id, "captcha").split(".")[1]
    for said in ("WRONG", answer):
        with pytest.raises(Exception, match="captcha_wrong"):
            captchas.check(sealing, drawn.id, said)


@pytest.mark.parametrize(
    ("more", "email", "code"),
    [
        ({"domains": ("good.example",)}, "a@bad.example", "email_domain_not_allowed"),
        ({"domains": ("good.example",)}, "a@notgood.example", "email_domain_not_allowed"),
        ({"blocked_domains": ("bad.example",)}, "a@sub.bad.example", "email_domain_not_allowed"),
        ({}, "no-address", "invalid_value"),
        ({}, "a@b", "invalid_value"),
        ({}, "a b@c.example", "invalid_value"),
        ({"mode": "invited"}, "a@good.example", "registration_closed"),
    ],
)
async def test_who_may_not(console: Console, more: Any, email: str, code: str) -> None:
    await set_up(console, **more)
    assert await Caller(console).refused("POST", PATH, {**BODY, "email": email}) == code


async def test_domains_that_are_listed_may(console: Console) -> None:
    await set_up(console, domains=("good.example",))
    await Caller(console).ok("POST", PATH, {**BODY, "email": "A@Sub.Good.example"})


async def test_invitations(console: Console, boss: Caller) -> None:
    await set_up(console, mode="invited")
    invitation = {"credit": "2", "group": "friends"}
    assert await boss.refused("POST", "/api/v1/invitations", invitation) == "invalid_value"
    await boss.ok("POST", "/api/v1/groups", {"name": "friends"})
    made = await boss.ok("POST", "/api/v1/invitations", invitation)
    caller = Caller(console)
    said = {**BODY, "invitation": made["code"]}
    await caller.ok("POST", PATH, said)
    second = {**said, "email": "second@example.com"}
    assert await caller.refused("POST", PATH, second) == "invitation_invalid"
    signed = await caller.ok("POST", "/api/v1/session", BODY)
    me = await Caller(console, {"authorization": f"Bearer {signed['token']}"}).get("/api/v1/me")
    assert (me["group"], me["balance"]) == ("friends", "2")
    theirs = await boss.ok("POST", "/api/v1/invitations", {"email": "third@example.com"})
    other = {**BODY, "email": "fourth@example.com", "invitation": theirs["code"]}
    assert await caller.refused("POST", PATH, other) == "invitation_invalid"
    assert "code" not in (await boss.get("/api/v1/invitations"))["data"][0]
    await boss.ok("DELETE", f"/api/v1/invitations/{theirs['id']}")


async def test_a_forgotten_password(console: Console, mailing: Postman, ada: Caller) -> None:
    await set_up(console)
    caller = Caller(console)
    for email in ("ada@example.com", "nobody@example.com"):
        status, told = await caller.say("POST", "/api/v1/password/forgotten", {"email": email})
        assert (status, told) == (204, "")
    assert await deliver(console) == 1
    page, token = link_of(mailing.taken[0])
    assert page == "/account/reset"
    new = {"token": token, "password": "a new password"}
    weak = {"token": token, "password": "short"}
    assert await caller.refused("POST", "/api/v1/password/reset", weak) == "invalid_value"
    await caller.ok("POST", "/api/v1/password/reset", new)
    assert await caller.refused("POST", "/api/v1/password/reset", new) == "link_invalid"
    assert await ada.refused("GET", "/api/v1/me") == "session_required"
    signed = {"email": "ada@example.com", "password": "a new password"}
    await caller.ok("POST", "/api/v1/session", signed)


async def test_links_grow_old(console: Console, mailing: Postman, ada: Caller) -> None:
    await set_up(console)
    caller = Caller(console)
    await caller.ok("POST", "/api/v1/password/forgotten", {"email": "ada@example.com"})
    await deliver(console)
    _, token = link_of(mailing.taken[0])
    async with console.store.write() as connection:
        await connection.execute(update(mail_tokens).values(expires_ms=1))
    new = {"token": token, "password": "a new password"}
    assert await caller.refused("POST", "/api/v1/password/reset", new) == "link_invalid"


async def test_another_address(console: Console, mailing: Postman, ada: Caller) -> None:
    await ada.ok("PUT", "/api/v1/me/email", {"email": "Ada@New.example"})
    assert (await ada.get("/api/v1/me"))["email"] == "ada@example.com"
    await deliver(console)
    page, token = link_of(mailing.taken[0])
    assert page == "/account/change"
    await Caller(console).ok("POST", "/api/v1/me/email/confirmation", {"token": token})
    assert (await ada.get("/api/v1/me"))["email"] == "ada@new.example"
    await deliver(console)
    assert mailing.taken[1].rcpt_tos == ["ada@example.com"]


async def test_letters_wait_for_their_server(console: Console, mailing: Postman) -> None:
    await set_up(console)
    mailing.answer = "451 later"
    await Caller(console).ok("POST", PATH, BODY)
    assert await deliver(console) == 0
    async with console.store.read() as connection:
        row = (await connection.execute(select(letters))).one()
    assert row.attempts == 1
    assert "new@example.com" not in row.sealed
    assert "451" in row.problem
    mailing.answer = "250 OK"
    assert await deliver(console) == 0  # not due yet
    async with console.store.write() as connection:
        await connection.execute(update(letters).values(due_ms=1))
    assert await deliver(console) == 1
    async with console.store.read() as connection:
        assert (await connection.execute(select(letters))).all() == []


async def test_a_letter_is_given_up_in_the_end(console: Console, mailing: Postman) -> None:
    await set_up(console)
    mailing.answer = "451 later"
    await Caller(console).ok("POST", PATH, BODY)
    for _ in range(box.ATTEMPTS_MAX):
        async with console.store.write() as connection:
            await connection.execute(update(letters).values(due_ms=1))
        await deliver(console)
    async with console.store.read() as connection:
        assert (await connection.execute(select(letters))).all() == []


def test_without_an_address_of_its_own_a_site_writes_no_links() -> None:
    assert mail_server(Settings(mail_url="smtp://mail.example")) is None
    server = mail_server(
        Settings(mail_url="smtps://me%40x.example:p%3Aw@mail.example", public_url="https://x")
    )
    assert server is not None
    assert (server.port, server.tls, server.user, server.password, server.sender) == (
        465,
        True,
        "me@x.example",
        "p:w",
        "me@x.example",
    )
    assert "p:w" not in repr(server)
    for wrong in ("http://mail.example", "smtp://", "mail.example"):
        with pytest.raises(ValueError, match="smtp"):
            Settings(mail_url=wrong)


async def test_the_job_sends_what_waits(console: Console, mailing: Postman) -> None:
    await set_up(console)
    await Caller(console).ok("POST", PATH, BODY)
    services = console.services
    job = asyncio.create_task(
        keep_posting(services.settings, services.database, services.sealing, 0.01)
    )
    async with asyncio.timeout(10):
        while not mailing.taken:
            await asyncio.sleep(0.005)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    without = Settings(data=services.settings.data)
    await keep_posting(without, services.database, services.sealing)  # nothing to do: it ends


@pytest.mark.parametrize(
    "address",
    [
        "x:@example.com",  # a group of nobody
        "(@example.com",
        "a@[example.com",
        "a..b@example.com",
        "=?utf-8?q?boss?=@example.com",  # reads as boss@example.com
        "=?utf-8?q?a=0d=0ab?=@example.com",
    ],
)
async def test_an_address_means_one_recipient(console: Console, address: str) -> None:
    await set_up(console)
    body = {**BODY, "email": address}
    assert await Caller(console).refused("POST", PATH, body) == "invalid_value"


async def test_a_list_of_domains_is_not_talked_round(console: Console) -> None:
    """`;` ends an address in a letter's header: it would go to evil.example."""
    await set_up(console, domains=("example.com",))
    body = {**BODY, "email": "me@evil.example;.example.com"}
    assert await Caller(console).refused("POST", PATH, body) == "invalid_value"


async def test_a_letter_that_cannot_be_written_holds_up_no_other(
    console: Console, mailing: Postman
) -> None:
    async with console.store.write() as connection:
        for address in ("x:@example.com", "(@example.com", "good@example.com"):
            made = Letter("A letter", "Hello")
            await box.put(connection, console.services.sealing(), address, made)
        made = Letter("Two\nlines", "Hello")
        await box.put(connection, console.services.sealing(), "also@example.com", made)
    assert await deliver(console) == 1
    assert [each.rcpt_tos for each in mailing.taken] == [["good@example.com"]]
    async with console.store.read() as connection:
        assert (await connection.execute(select(letters))).all() == []


async def test_a_new_password_ends_what_was_begun(
    console: Console, mailing: Postman, ada: Caller
) -> None:
    """Somebody in ada's session asked for another address; ada chooses a new password."""
    await ada.ok("PUT", "/api/v1/me/email", {"email": "thief@example.com"})
    await deliver(console)
    _, token = link_of(mailing.taken[0])
    secrets = {"old": PASSWORD, "new": "another good one"}
    await ada.ok("PUT", "/api/v1/me/password", secrets)
    body = {"token": token}
    nobody = Caller(console)
    assert await nobody.refused("POST", "/api/v1/me/email/confirmation", body) == "link_invalid"


async def test_a_new_address_ends_links_to_the_old_one(
    console: Console, mailing: Postman, ada: Caller
) -> None:
    await set_up(console)
    nobody = Caller(console)
    await nobody.ok("POST", "/api/v1/password/forgotten", {"email": "ada@example.com"})
    await deliver(console)
    _, old = link_of(mailing.taken[0])
    await ada.ok("PUT", "/api/v1/me/email", {"email": "lovelace@example.com"})
    await deliver(console)
    _, new = link_of(mailing.taken[1])
    await nobody.ok("POST", "/api/v1/me/email/confirmation", {"token": new})
    body = {"token": old, "password": "another good one"}
    assert await nobody.refused("POST", "/api/v1/password/reset", body) == "link_invalid"
