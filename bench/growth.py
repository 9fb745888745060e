"""What a year of use costs: the same load with many tokens and many log rows."""

import json
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import stack
from bench.rows import CHAT, Row, Run, window
from bench.stack import Product
from bench.windows import Load, compared
from waystation.identity.keys import digest, mask, mint

SMALL_TOKENS = 10
STEPS = ((1_000, 0), (100_000, 0), (100_000, 1_000_000))
KEYS_USED_MAX = 500


def rows(run: Run) -> Iterator[Row]:
    """Each grown one beside a small one that runs at the same time, window by window."""
    with grown(run, "small", SMALL_TOKENS, 0) as small:
        for tokens, log_rows in STEPS:
            with grown(run, f"grown-{tokens}-{log_rows}", tokens, log_rows) as large:
                both = compared(large, small, run.seconds)
            yield Row(
                f"requests/s with {tokens:,} tokens, {log_rows:,} log rows",
                f"{both.own:,.0f} ({both.ratio - 1:+.1%} beside {SMALL_TOKENS} tokens, no log)",
                "less than 10 % slower",
                both.ratio > 0.90,
            )


@contextmanager
def grown(run: Run, name: str, tokens: int, log_rows: int) -> Iterator[Load]:
    """A load on a product of so much history."""
    folder = run.folder / name
    folder.mkdir()
    with stack.product(folder, run.ports) as product:
        data = product.data
        stack.wrk(product.port, CHAT, 1, 1)
    keys = add_tokens(data / "main.db", tokens)
    add_log_rows(data / "ledger.db", log_rows)
    with stack.again(folder, data) as product:
        wait_served(product, keys[-1])
        used = ",".join(keys[:KEYS_USED_MAX])
        yield lambda seconds: window(product.port, CHAT, 64, seconds, used)


def add_tokens(path: Path, count: int) -> list[str]:
    """Tokens of the bench's account; their keys."""
    keys = [mint() for _ in range(count)]
    now = int(time.time() * 1000)
    with sqlite3.connect(path) as main:
        account = main.execute("SELECT account_id FROM tokens WHERE name = 'bench'").fetchone()[0]
        main.execute("UPDATE config_epoch SET epoch = epoch + 1")
        main.executemany(
            "INSERT INTO tokens (account_id, name, digest, mask, groups, created_ms)"
            " VALUES (?, ?, ?, ?, '[\"default\"]', ?)",
            ((account, f"grown {n}", digest(key), mask(key), now) for n, key in enumerate(keys)),
        )
    main.close()
    return keys


def add_log_rows(path: Path, count: int) -> None:
    """Copies of the newest settled row, spread over the past; only the log grows, so the hourly
    sums do not know them (this is no ledger to audit)."""
    with sqlite3.connect(path) as ledger:
        names = [row[1] for row in ledger.execute("PRAGMA table_info(requests)")]
        last = ledger.execute("SELECT * FROM requests ORDER BY n DESC LIMIT 1").fetchone()
        row = dict(zip(names, last, strict=True))
        marks = ", ".join(f":{name}" for name in names)
        ledger.executemany(
            f"INSERT INTO requests VALUES ({marks})",
            (
                {
                    **row,
                    "n": -number,
                    "request_id": f"old{number}",
                    "hold_id": None,
                    "created_ms": row["created_ms"] - number * 20,
                }
                for number in range(1, count + 1)
            ),
        )
    ledger.close()


def wait_served(product: Product, key: str) -> None:
    """Until the ledger has been told of the newest token."""
    body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]})
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    address = f"http://127.0.0.1:{product.port}{CHAT}"
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        request = urllib.request.Request(address, body.encode(), headers)
        try:
            urllib.request.urlopen(request, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the grown tokens are not served")
