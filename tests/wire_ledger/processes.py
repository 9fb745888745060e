"""Ledgers and gateways as processes of their own, started and killed."""

import os
import subprocess
import sys
from pathlib import Path

from tests.wire_ledger.ledger_process import BOOT
from waystation.settings import Settings


class Processes:
    """Ledgers and gateways, started and killed."""

    def __init__(self, kind: str, folder: Path, dsn: str | None = None) -> None:
        self.kind = kind
        self.folder = folder
        self.settings = Settings(data=folder, database=dsn, time_zone="UTC")
        self.running: list[subprocess.Popen] = []

    def start(self, module: str, *arguments: object) -> subprocess.Popen:
        command = [sys.executable, "-m", f"tests.wire_ledger.{module}", *map(str, arguments)]
        environment = {**os.environ, "WAYSTATION_BOOT": BOOT}
        if self.settings.database is not None:
            environment["WAYSTATION_DATABASE"] = self.settings.database
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        self.running.append(process)
        return process

    def ledger(self) -> subprocess.Popen:
        return self.start("ledger_process", self.kind, self.folder)

    def end(self, process: subprocess.Popen, number: int) -> None:
        process.send_signal(number)
        process.wait(20)

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
