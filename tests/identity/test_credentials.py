"""Every form in which clients send a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystation.errors import Fault
from waystation.identity.credentials import Credential, credential
from waystation.identity.keys import digest

KEY = "sk-wsA1b2C3d40123456789abcdefghijABCDEFGHIJKL0MS48r"
BARE = KEY[3:]


def show(query: str = "", **headers: str) -> Credential:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return credential(named.get, query)


@pytest.mark.parametrize(
    "value",
    [
        f"Bearer {KEY}",
        f"bearer {KEY}",
        f"BEARER   {KEY}",
        f"Bearer\t{KEY}",
        f"Bearer {BARE}",
        KEY,
        BARE,
        f" {KEY} ",
        f'"{KEY}"',
        f'Bearer "{KEY}"',
        f"'Bearer {KEY}'",
        f"Bearer Bearer {KEY}",
        f"“{KEY}”",
    ],
)
@pytest.mark.parametrize("name", ["authorization", "x_api_key", "x_goog_api_key", "mj_api_secret"])
def test_forms_of_headers(name: str, value: str) -> None:
    shown = show(**{name: value})
    assert shown.key == BARE
    assert shown.digest == digest(KEY)
    assert shown.source == name.replace("_", "-")


def test_the_query_and_the_socket_protocol() -> None:
    shown = show(query=f"alt=sse&key={KEY}&x=1")
    assert (shown.key, shown.source) == (BARE, "query")
    assert show(query="key=with%20blank%2Bplus").key == "with blank+plus"
    protocols = f"realtime, openai-insecure-api-key.{KEY}, openai-beta.realtime-v1"
    shown = show(sec_websocket_protocol=protocols)
    assert (shown.key, shown.source) == (BARE, "socket")
    with pytest.raises(Fault, match="missing_api_key"):
        show(query=f"monkey={KEY}", sec_websocket_protocol="realtime")


def test_the_order_of_places() -> None:
    everywhere = {
        "authorization": "Bearer sk-1",
        "x_api_key": "sk-2",
        "x_goog_api_key": "sk-3",
        "mj_api_secret": "sk-4",
    }
    for count, name in enumerate(list(everywhere), 1):
        assert show("key=sk-5", **everywhere).key == str(count)
        del everywhere[name]
    assert show("key=sk-5", **everywhere).key == "5"


@pytest.mark.parametrize(
    "placeholder", ["midjourney-proxy", "Bearer midjourney-proxy", "", "Bearer", "Bearer ", '""']
)
def test_an_authorization_that_says_nothing_is_passed_over(placeholder: str) -> None:
    assert show(authorization=placeholder, mj_api_secret="sk-7").key == "7"


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "bearer  ''", "Bearer sk-", '" "'])
def test_an_empty_key_is_told_apart(value: str) -> None:
    with pytest.raises(Fault, match="empty_api_key"):
        show(authorization=value)
    with pytest.raises(Fault, match="empty_api_key"):
        show(query="key=")


def test_no_key_at_all() -> None:
    with pytest.raises(Fault, match="missing_api_key"):
        show()
    with pytest.raises(Fault, match="missing_api_key"):
        show(authorization="midjourney-proxy")


def test_what_is_too_long_is_no_key() -> None:
    with pytest.raises(Fault, match="invalid_api_key"):
        show(authorization="Bearer " + "x" * 1000)


def test_nothing_secret_in_a_repr() -> None:
    assert BARE not in repr(show(authorization=KEY))


def test_a_pinned_channel_is_split_off() -> None:
    parts = show(authorization=f"Bearer {KEY}-12").unpinned()
    assert parts is not None
    assert (parts[0].key, parts[0].digest, parts[1]) == (BARE, digest(KEY), 12)
    assert show(authorization=KEY).unpinned() is None
    assert show(authorization=f"{KEY}-x").unpinned() is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_bytes_give_a_credential_or_a_fault(value: str, query: str) -> None:
    try:
        shown = show(query, authorization=value)
    except Fault as fault:
        assert fault.status == 401  # noqa: PT017
    else:
        assert shown.digest == digest("sk-" + shown.key)
