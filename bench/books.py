"""How much a hold and its resolution cost the ledger's books, decided and written.

python -m bench.books [--pairs 20000] [--tokens 10] [--rows 0] [--batch 32] [--dsn postgresql://…]
"""

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path

from waystation.journal.row import AttemptRow, Facts, Row
from waystation.ledger.books import Books, Posted
from waystation.ledger.messages import Admitted, Command, Hold, Resolve, Transfer
from waystation.ledger.policies import Budget, Limits, PutAccount, PutToken
from waystation.ledger.sqlite_books import SqliteBooks

START_MS = 1_750_000_000_000


def facts(number: int, token_id: int) -> Facts:
    return Facts(
        request_id=f"gen-{number:016x}",
        created_ms=START_MS + number,
        account_id=token_id // 10,
        token_id=token_id,
        token_name="production",
        operation="chat",
        dialect="openai_chat",
        model="gpt-4o-mini",
        stream=False,
        peer="203.0.113.77",
        client="OpenAI/Python 1.55.0",
        group="default",
        price_version="2026-11-01",
        rate="1",
    )


def hold(number: int, token_id: int) -> Hold:
    known = facts(number, token_id)
    return Hold(
        f"h{number:016x}", known.account_id, token_id, "default", 900_000, 1_000, 100_000, 900,
        True, known,
    )  # fmt: skip


def resolve(of: Hold) -> Resolve:
    row = Row(
        facts=of.facts,
        status=200,
        end="complete",
        group="default",
        rate="1",
        price_version="2026-11-01",
        channel_id=3,
        upstream_model="gpt-4o-mini-2024-07-18",
        upstream_id="chatcmpl-Aa0Bb1Cc2Dd3Ee4Ff5Gg6Hh7",
        nanos=8_850,
        input_tokens=19,
        output_tokens=10,
        usage=b'{"input_fresh":19,"output_text":10,"exact":true}',
        parts=b'[["input_fresh",19,"0.15"],["output_text",10,"0.6"]]',
        attempts=(AttemptRow(3, "main", 7, "default", "gpt-4o-mini-2024-07-18", "answered", 200),),
        first_millis=420,
        total_millis=611,
    )
    return Resolve(of.id, "post", 8_850, True, 29, row)


async def settle(books: Books, commands: list[Command], now_ms: int) -> list[object]:
    return list(await books.settle([Posted("g1", "b1", c) for c in commands], now_ms))


async def prepare(books: Books, tokens: int) -> None:
    limits = Limits(rpm=10**6, tpm=10**9, concurrency=10**4)
    commands: list[Command] = []
    for token_id in range(10, 10 + tokens):
        if token_id % 10 == 0:
            account_id = token_id // 10
            commands += [
                PutAccount(account_id, 1, True),
                Transfer(account_id, "opening", "opening", 10**15),
            ]
        commands.append(
            PutToken(token_id, token_id // 10, 1, True, None, limits, Budget(month=10**15))
        )
    for start in range(0, len(commands), 2000):
        await settle(books, commands[start : start + 2000], START_MS)


async def run(
    books: Books, first: int, pairs: int, tokens: int, batch: int
) -> tuple[float, float, float]:
    """Microseconds a pair: CPU, wall; and seconds of the slowest batch."""
    chance = random.Random(first)
    open_holds: list[Hold] = []
    cpu, wall, slowest = time.process_time(), time.perf_counter(), 0.0
    for start in range(first, first + pairs, batch // 2):
        holds = [hold(n, 10 + chance.randrange(tokens)) for n in range(start, start + batch // 2)]
        commands: list[Command] = [*holds, *(resolve(h) for h in open_holds)]
        began = time.perf_counter()
        decisions = await settle(books, commands, START_MS + start)
        slowest = max(slowest, time.perf_counter() - began)
        assert all(isinstance(d, Admitted) for d in decisions[: len(holds)]), decisions[0]
        open_holds = holds
    await settle(books, [resolve(h) for h in open_holds], START_MS + first + pairs)
    scale = 1e6 / pairs
    return (time.process_time() - cpu) * scale, (time.perf_counter() - wall) * scale, slowest


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("pairs", 20_000), ("tokens", 10), ("rows", 0), ("batch", 32)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--dsn")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        books: Books
        if chosen.dsn:
            from waystation.ledger.postgres_books import PostgresBooks

            books = PostgresBooks(chosen.dsn, node="bench")
        else:
            books = SqliteBooks(Path(folder) / "ledger.db")
        await books.open()
        await prepare(books, chosen.tokens)
        first = 1
        if chosen.rows:
            await run(books, first, chosen.rows, chosen.tokens, 2000)
            first += chosen.rows + 2000
        cpu, wall, slowest = await run(books, first, chosen.pairs, chosen.tokens, chosen.batch)
        print(
            f"tokens {chosen.tokens}, rows {chosen.rows}, batch {chosen.batch}: {cpu:.1f} µs CPU, "
            f"{wall:.1f} µs wall a pair, {1e6 / wall:.0f} pairs/s, slowest {slowest * 1e3:.1f} ms"
        )
        await books.close()


if __name__ == "__main__":
    asyncio.run(main())
