"""What `waystation serve` runs: one ledger, one control process, a gateway per worker."""

import asyncio
import secrets
import sys
from collections.abc import Mapping

from pydantic import SecretStr

from waystation.settings import Settings
from waystation.supervisor import STOP_MARGIN_SECONDS, ChildSpec, Supervisor

GATEWAYS, CONTROL, LEDGER = range(3)
"""The stages of stopping."""


def serve(settings: Settings, boot: str | None = None) -> int:
    """Until a signal; the exit status. boot: of this start, made here when not given."""
    import uvloop

    specs = children_of(settings, boot or secrets.token_hex(16))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(specs))


async def _run(specs: list[ChildSpec]) -> int:
    return await Supervisor(specs).run()


def children_of(settings: Settings, boot: str) -> list[ChildSpec]:
    """In the order of starting."""
    environment = {**environment_of(settings), "WAYSTATION_BOOT": boot}
    drain_seconds = settings.drain_notice_seconds + settings.drain_seconds_max
    return [
        _child("ledger", environment, LEDGER),
        _child("control", environment, CONTROL),
        *(
            ChildSpec(
                name=f"gateway-{worker}",
                command=_command("gateway"),
                environment={**environment, "WAYSTATION_WORKER": str(worker)},
                stage=GATEWAYS,
                stop_seconds_max=drain_seconds + STOP_MARGIN_SECONDS,
            )
            for worker in range(1, settings.workers + 1)
        ),
    ]


def _child(name: str, environment: Mapping[str, str], stage: int) -> ChildSpec:
    return ChildSpec(name=name, command=_command(name), environment=environment, stage=stage)


def _command(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "waystation", name)


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as variables, so that a child reads what this process was told."""
    values: dict[str, str] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is None:
            continue
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif isinstance(value, tuple):
            value = ",".join(value)
        values[f"WAYSTATION_{name.upper()}"] = str(value)
    return values
