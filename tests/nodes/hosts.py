"""Two hosts' worth of processes: `waystation serve` twice, each with its own data folder, ledger,
control process and gateways, on one PostgreSQL, and nginx before them.

    async with two_hosts(folder, dsn, document) as hosts:
        hosts.port                       # nginx's
        hosts.nodes[0].kill("ledger")    # a Serve each
        await hosts.resolved()           # the audit's report, once no hold is open
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.nodes.fleet import audit, nginx, prepare
from tests.support.gateway import Document
from tests.support.serve import Serve


class Hosts:
    """nodes: those that were started; port: of nginx."""

    def __init__(self, nodes: list[Serve], port: int, template: Path, dsn: str) -> None:
        self.nodes = nodes
        self.port = port
        self.dsn = dsn
        self._template = template

    async def audit(self) -> dict[str, Any]:
        """Asked of the database itself, whoever lives."""
        report = await audit(self._template, self.dsn)
        assert report["clean"], report["failures"]
        return report

    async def resolved(self, seconds_max: float = 90.0) -> dict[str, Any]:
        """Once no hold is open: a lease lapses, and a machine may be busy."""
        async with asyncio.timeout(seconds_max):
            while (report := await self.audit())["open_holds"]:
                await asyncio.sleep(0.2)
        return report


def one_host(template: Path, folder: Path, dsn: str, workers: int = 1, **options: object) -> Serve:
    """Not started."""
    folder.mkdir()
    serve = Serve(folder, workers, {"database": dsn, **options})
    shutil.copytree(template, serve.data)
    return serve


@contextlib.asynccontextmanager
async def two_hosts(
    folder: Path, dsn: str, document: Document, workers: int = 1, **options: object
) -> AsyncIterator[Hosts]:
    template = await prepare(folder, dsn, document)
    nodes = [one_host(template, folder / name, dsn, workers, **options) for name in ("n1", "n2")]
    try:
        await asyncio.gather(*(asyncio.to_thread(node.start) for node in nodes))
        with nginx(folder / "nginx", [node.port for node in nodes]) as port:
            yield Hosts(nodes, port, template, dsn)
    finally:
        await asyncio.gather(*(asyncio.to_thread(node.close) for node in nodes))
