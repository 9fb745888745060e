"""Pieces that are dealt with in the callback that received them, and what is left to the task."""

import asyncio
import threading

from tests.support.rogue import Rogue
from tests.support.script import LAST_CHUNK, SSE_HEADERS, Gate, Pause, chunk, head
from tests.transport.conftest import Line
from waystation.dialects.openai_chat.request import parse
from waystation.dialects.operation import Receipt, Target
from waystation.upstream.source import StreamSource

DONE = b"data: [DONE]\n\n"


def frame(text: str, finish: str = "null") -> bytes:
    return (
        b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":'
        b'[{"index":0,"delta":{"role":"assistant","content":"%b"},"finish_reason":%b}]}\n\n'
        % (text.encode(), finish.encode())
    )


class Caller:
    """Takes what it is given; `clear` says whether the short way is open."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.clear = True

    def is_clear(self) -> bool:
        return self.clear

    def passed(self, out: bytes) -> bool:
        if out:
            self.write(out)
        return True

    def write(self, out: bytes) -> None:
        self.taken.append(out)


async def source_of(line: Line, rogue: Rogue) -> StreamSource:
    operation = parse(
        b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}',
        lambda name: None,
    )
    reader = operation.stream_reader(Target(upstream_model="m"), Receipt(lambda usage: None))
    return StreamSource(await line.call(rogue), reader)


async def test_the_waiting_task_sleeps_until_there_is_something_to_do(
    direct: Line, rogue: Rogue
) -> None:
    gate = Gate(threading.Event())
    words = [frame(f"w{number}") for number in range(5)]
    last = frame("", '"stop"')
    pieces = [step for word in words for step in (Pause(0.01), chunk(word))]
    rogue.answer(
        [head(200, SSE_HEADERS), gate, *pieces, Pause(0.01), chunk(last + DONE), LAST_CHUNK]
    )
    source, caller = await source_of(direct, rogue), Caller()
    source.hand_over(caller)
    waiting = asyncio.create_task(source.next())
    await asyncio.sleep(0)
    gate.event.set()
    out = await waiting
    assert caller.taken == words, "each went its short way"
    assert out == last + DONE
    assert source.ended
    assert source.fault is None
    assert source.usage().output_tokens > 0


async def test_many_pieces_in_one_packet_keep_their_order(direct: Line, rogue: Rogue) -> None:
    """The end comes in the middle of a packet: nothing is lost, fed twice, or told after it."""
    gate = Gate(threading.Event())
    words = [frame(f"w{number}") for number in range(4)]
    packet = b"".join(chunk(word) for word in words)
    packet += chunk(frame("", '"stop"')) + chunk(DONE) + chunk(frame("late")) + LAST_CHUNK
    rogue.answer([head(200, SSE_HEADERS), gate, packet])
    source, caller = await source_of(direct, rogue), Caller()
    source.hand_over(caller)
    waiting = asyncio.create_task(source.next())
    await asyncio.sleep(0)
    gate.event.set()
    out = await waiting
    everything = b"".join(caller.taken) + out
    assert everything == b"".join(words) + frame("", '"stop"') + DONE
    assert source.ended


async def test_a_way_that_is_not_clear_leaves_all_to_the_task(direct: Line, rogue: Rogue) -> None:
    gate = Gate(threading.Event())
    words = [frame("one"), frame("two")]
    rogue.answer(
        [head(200, SSE_HEADERS), gate, *map(chunk, words), Pause(0.2), chunk(DONE), LAST_CHUNK]
    )
    source, caller = await source_of(direct, rogue), Caller()
    caller.clear = False
    source.hand_over(caller)
    waiting = asyncio.create_task(source.next())
    await asyncio.sleep(0)
    gate.event.set()
    out = await waiting
    while len(out) < len(b"".join(words)):
        out += await source.next()
    assert out == b"".join(words)
    assert not caller.taken


async def test_what_was_metered_reaches_the_caller(direct: Line, rogue: Rogue) -> None:
    """The way closes behind a piece (a hold to extend), and the task goes before it looks."""
    gate = Gate(threading.Event())
    rogue.answer([head(200, SSE_HEADERS), gate, chunk(frame("one")), Pause(5.0), LAST_CHUNK])
    source, caller = await source_of(direct, rogue), Caller()

    def passed(out: bytes) -> bool:
        waiting.cancel()
        return False

    caller.passed = passed  # type: ignore[method-assign]
    source.hand_over(caller)
    waiting = asyncio.create_task(source.next())
    await asyncio.sleep(0)
    gate.event.set()
    await asyncio.gather(waiting, return_exceptions=True)
    source.hand_over(None)
    source.close()
    assert caller.taken == [frame("one")]
    assert source.usage().output_tokens > 0
