"""A hundred thousand users with a million tokens move in within ten minutes, and agree."""

import asyncio
import json
import resource
import secrets
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.importing.foreign import Foreign, sqlite_place, token, user

USERS, TOKENS = 100_000, 1_000_000
SECONDS_MAX = 600.0
_PAGE = 50_000


def _fill(foreign: Foreign) -> None:
    people = [
        user(number, f"user{number}", email=f"u{number}@example.com", quota=number * 7 % 1_000_003)
        for number in range(1, USERS + 1)
    ]
    foreign.add("users", people)
    for first in range(1, TOKENS + 1, _PAGE):
        rows = [
            token(number, number % USERS + 1, secrets.token_hex(24), name=f"t{number}",
                  unlimited_quota=number % 2 == 0, remain_quota=number)
            for number in range(first, first + _PAGE)
        ]  # fmt: skip
        foreign.add("tokens", rows)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_large_installation_moves_in_within_ten_minutes(tmp_path: Path) -> None:
    foreign = Foreign(sqlite_place(tmp_path))
    foreign.make()
    await asyncio.to_thread(_fill, foreign)
    command = [sys.executable, *["-m", "waystation", "import", "new-api", "--json", "--data"]]
    begun = time.monotonic()
    done = await asyncio.to_thread(
        subprocess.run, [*command, tmp_path / "data", foreign.dsn], capture_output=True
    )
    seconds = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)["report"]
    totals = {total["what"]: total for total in report["totals"]}
    assert (totals["users"]["here"], totals["tokens"]["here"]) == (USERS, TOKENS)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_seconds = used.ru_utime + used.ru_stime
    print(
        f"{USERS} users and {TOKENS} tokens in {seconds:.0f} s, "
        f"{processor_seconds:.0f} s of a processor, {used.ru_maxrss // 1024} MiB"
    )
    assert seconds < SECONDS_MAX
