"""What commands print: results on stdout, progress on stderr, JSON when asked."""

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def json_document(value: object) -> None:
    """One document for scripts, indented, on stdout."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


@contextmanager
def progress(what: str, quiet: bool = False) -> Iterator[None]:
    """A spinner on stderr while something long runs; plain lines where there is no terminal."""
    if quiet:
        yield
        return
    if not sys.stderr.isatty():
        note(f"{what} …")
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} …"):
        yield


def table(columns: list[str], rows: list[list[str]]) -> None:
    """A table on stdout; tab-separated where stdout is no terminal."""
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*columns)
    for row in rows:
        drawn.add_row(*row)
    Console().print(drawn)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def note(text: str) -> None:
    """A line for people, on stderr; results go to stdout."""
    print(text, file=sys.stderr, flush=True)
