from waystation.ledger.messages import TakeSlot
from waystation.ledger.slots import Slots


def slot(name: str, channel: int = 1, key: int = 2, **limits: int) -> TakeSlot:
    values = {"channel_concurrency": 0, "key_concurrency": 0, "channel_rpm": 0, "key_rpm": 0}
    return TakeSlot(name, channel, key, **(values | limits))


def test_places_are_taken_and_given_back_once() -> None:
    slots = Slots()
    assert slots.take(slot("a", channel_concurrency=2), "g1", 0) is None
    assert slots.take(slot("a", channel_concurrency=2), "g1", 0) is None
    assert slots.take(slot("b", channel_concurrency=2), "g1", 0) is None
    assert slots.take(slot("c", channel_concurrency=2), "g1", 0) == 1_000
    slots.give("a")
    slots.give("a")
    assert slots.take(slot("c", channel_concurrency=2), "g1", 0) is None
    assert slots.take(slot("d", channel_concurrency=2), "g1", 0) == 1_000


def test_a_full_key_takes_nothing_from_its_channel() -> None:
    slots = Slots()
    limits = {"channel_concurrency": 2, "key_concurrency": 1, "channel_rpm": 2}
    assert slots.take(slot("a", **limits), "g1", 0) is None
    assert slots.take(slot("b", **limits), "g1", 0) == 1_000
    assert slots.take(slot("b", key=3, **limits), "g1", 0) is None


def test_requests_per_minute() -> None:
    slots = Slots()
    for name in "abc":
        assert slots.take(slot(name, channel_rpm=3), "g1", 1_000) is None
        slots.give(name)
    assert slots.take(slot("d", channel_rpm=3), "g1", 1_000) == 20_000
    assert slots.take(slot("d", channel_rpm=3), "g1", 20_999) == 1
    assert slots.take(slot("d", channel_rpm=3), "g1", 21_000) is None


def test_a_dead_gateways_places_are_free() -> None:
    slots = Slots()
    for name, gateway in (("a", "g1"), ("b", "g2"), ("c", "g3")):
        assert slots.take(slot(name, channel_concurrency=3), gateway, 0) is None
    slots.lose("g1")
    assert slots.open == 2
    slots.keep(("g3",))
    assert slots.open == 1
    slots.restore(slot("d"), "g3")
    slots.restore(slot("d"), "g3")
    assert slots.open == 2


def test_nodes_share_a_limit_without_a_rest() -> None:
    taken = 0
    for place in range(4):
        slots = Slots()
        slots.place, slots.nodes = place, 4
        for number in range(10):
            taken += slots.take(slot(str(number), channel_concurrency=10), "g", 0) is None
    assert taken == 10


def test_several_places_are_as_many_as_are_free() -> None:
    slots = Slots()
    assert slots.take(slot("a", channel_concurrency=5, places=3), "g1", 0) is None
    assert slots.take(slot("b", channel_concurrency=5, places=3), "g1", 0) is None
    assert (slots.places("a"), slots.places("b")) == (3, 2)
    assert slots.take(slot("c", channel_concurrency=5), "g1", 0) == 1_000
    slots.give("a")
    assert (
        slots.take(slot("c", channel_concurrency=5, key_concurrency=4, places=9), "g1", 0) is None
    )
    assert slots.places("c") == 2, "the key has two of its four left"


def test_restored_places_are_those_that_were_granted() -> None:
    slots = Slots()
    slots.restore(slot("a", places=3), "g1")
    assert slots.take(slot("b", channel_concurrency=4, places=3), "g1", 0) is None
    assert slots.places("b") == 1
    slots.lose("g1")
    assert slots.take(slot("c", channel_concurrency=4, places=4), "g1", 0) is None
    assert slots.places("c") == 4


def test_each_call_counts_in_its_minute() -> None:
    slots = Slots()
    assert slots.take(slot("a", channel_rpm=4, places=3), "g1", 0) is None
    assert slots.take(slot("b", channel_rpm=4, places=2), "g1", 0) == 15_000
    assert slots.take(slot("b", channel_rpm=4), "g1", 0) is None


def test_more_calls_than_a_minute_has_wait_for_a_whole_one() -> None:
    slots = Slots()
    assert slots.take(slot("a", channel_rpm=2), "g1", 0) is None
    assert slots.take(slot("b", channel_rpm=2, places=5), "g1", 0) == 30_000
    assert slots.take(slot("b", channel_rpm=2, places=5), "g1", 30_000) is None
    assert slots.take(slot("c", channel_rpm=2), "g1", 30_000) == 4 * 30_000
