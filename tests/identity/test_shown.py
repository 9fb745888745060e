"""What a request shows is read with care once, and then known by heart."""

import pytest

from tests.identity.rows import add_account, add_token
from waystation.errors import Fault
from waystation.identity import authenticator as module
from waystation.identity.authenticator import Authenticator
from waystation.identity.credentials import credential
from waystation.identity.keys import mint
from waystation.storage.database import Database


async def test_what_led_to_a_known_caller_is_read_once(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = mint()
    token = await add_token(store, await add_account(store, "ada@example.com"), "laptop", key)
    authenticator = Authenticator(store)
    header = {"authorization": f"bearer  '{key}'"}.get
    read = 0

    def counted(*asked: object) -> object:
        nonlocal read
        read += 1
        return credential(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "credential", counted)
    for _ in range(3):
        caller = await authenticator.find(authenticator.shown(header, ""))
        assert caller.token_id == token
    assert read == 2, "once before the caller was known, once when it was"
    await authenticator.close()


async def test_guesses_leave_nothing_behind(store: Database) -> None:
    authenticator = Authenticator(store)
    for _ in range(100):
        shown = authenticator.shown({"authorization": f"Bearer {mint()}"}.get, "")
        with pytest.raises(Fault):
            await authenticator.find(shown)
        authenticator.shown(
            {"authorization": f"Bearer {mint()}"}.get, "key=sk-0123456789abcdefghij"
        )
    assert not authenticator._shown
    await authenticator.close()


async def test_another_place_is_another_reading(store: Database) -> None:
    """The known Authorization says nothing of a request that has none."""
    key = mint()
    await add_token(store, await add_account(store, "ada@example.com"), "laptop", key)
    authenticator = Authenticator(store)
    header = {"authorization": f"Bearer {key}"}.get
    for _ in range(2):
        await authenticator.find(authenticator.shown(header, "key=other"))
    assert authenticator.shown({"x-api-key": key}.get, "").source == "x-api-key"
    with pytest.raises(Fault) as refused:
        authenticator.shown({}.get, "")
    assert refused.value.code == "missing_api_key"
    await authenticator.close()
