"""The long-running processes: what `serve` starts as its children, and an operator runs apart."""

import asyncio
import os
import secrets
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from waystation.cli.refusal import EXIT_REFUSED, Refusal, one_line
from waystation.kernel.memory import loading
from waystation.settings import Settings

Run = Callable[[Settings, str], Coroutine[Any, Any, None]]

BOOT_VARIABLE = "WAYSTATION_BOOT"


def boot_id() -> str:
    """Of the start that this process belongs to: the supervisor's, else a new one."""
    return os.environ.get(BOOT_VARIABLE) or secrets.token_hex(16)


def run_process(name: str, settings: Settings | None = None) -> int:
    """Run until told to stop; the exit status."""
    if name != "control":
        # structlog imports rich when it can, for colours that a service never shows.
        sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    try:
        if settings is None:
            from waystation.cli.options import settings_from

            settings = settings_from()
        from waystation.journal import log
        from waystation.lifeline import hold_on

        hold_on()
        log.configure(name)
        with one_line():
            with loading():
                target = _target(name)
            _run(target, settings)
    except Refusal as refusal:
        print(f"waystation {name}: {refusal}", file=sys.stderr)
        return EXIT_REFUSED
    return 0


def _run(target: Run, settings: Settings) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(target(settings, boot_id()))


def _target(name: str) -> Run:
    if name == "gateway":
        from waystation.app import run_gateway

        return run_gateway
    if name == "ledger":
        from waystation.ledger.process import run_ledger

        return run_ledger
    from waystation.control.process import run_control

    return run_control
