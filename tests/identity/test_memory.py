"""Bounds hold, and what is in use can be found."""

from waystation.identity.memory import Memory, ShortMemory


def test_the_first_are_forgotten_when_it_is_full() -> None:
    memory: Memory[int, int] = Memory(80)
    for number in range(1000):
        memory.put(number, number)
        assert len(memory) <= 80
        assert memory.get(number) == number
    assert memory.get(0) is None
    assert memory.get(999 - 69) is not None
    memory.put(999, 5)
    assert memory.get(999) == 5
    memory.discard_where(lambda value: value > 990)
    assert memory.get(995) is None
    assert memory.get(985) == 985
    memory.clear()
    assert (len(memory), memory.get(985)) == (0, None)


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
