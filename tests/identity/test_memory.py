"""Bounds hold, and what is in use can be found."""

from waystation.identity.caller import Caller
from waystation.identity.memory import KnownCallers, ShortMemory


def caller(account_id: int) -> Caller:
    return Caller(
        account_id=account_id, account_email="a", account_enabled=True, account_group="g",
        role="user", token_id=1, token_name="t", token_enabled=True, expires_ms=None,
        groups=(), models=(), allow_ips=(),
    )  # fmt: skip


def digest(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_the_first_are_forgotten_when_it_is_full() -> None:
    known = KnownCallers(80)
    for number in range(1000):
        known.put(digest(number), caller(number // 3))
        assert len(known) <= 80
        assert known.get(digest(number)) is not None
    assert known.get(digest(0)) is None
    assert known.get(digest(999 - 70)) is not None
    changed = caller(333)
    known.put(digest(999), changed)
    assert known.get(digest(999)) is changed
    known.forget_account(332)
    assert [known.get(digest(number)) is None for number in range(995, 1000)] == [
        False, True, True, True, False,
    ]  # fmt: skip
    known.forget_account(332)
    for number in range(2000, 2200):
        known.put(digest(number), caller(7))
    assert len(known) <= 80
    known.forget_account(7)
    assert len(known) == 0
    known.put(digest(1), caller(1))
    known.clear()
    assert (len(known), known.get(digest(1))) == (0, None)
    known.forget_account(1)


def test_short_memory_forgets_by_time_and_by_number() -> None:
    memory = ShortMemory(10, 10.0)
    memory.add(b"a", 100.0)
    assert memory.has(b"a", 104.9)
    assert not memory.has(b"b", 104.9)
    assert not memory.has(b"a", 115.0)
    for number in range(50):
        memory.add(bytes([number]), 200.0)
        assert memory.has(bytes([number]), 200.0)
        assert len(memory) <= 10
    memory.discard(b"\x31")
    assert not memory.has(b"\x31", 200.0)
    memory.clear()
    assert len(memory) == 0
