"""Tasks for tests, made of nothing."""

from typing import Any

from waystation.journal.row import Facts
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.tasks.task import Task

GROUP = "default"


def facts(request: str = "", **more: Any) -> Facts:
    plain: dict[str, Any] = {
        "request_id": request or request_id(), "created_ms": now_ms(), "account_id": 1,
        "token_id": 1, "token_name": "laptop", "operation": "task", "dialect": "tasks",
        "model": "m-1", "stream": False, "peer": "127.0.0.1", "client": "", "group": GROUP,
        "price_version": "v1", "rate": "1",
    }  # fmt: skip
    return Facts(**{**plain, **more})


def task(task_id: str = "", **more: Any) -> Task:
    task_id = task_id or request_id()
    plain: dict[str, Any] = {
        "id": task_id, "account_id": 1, "token_id": 1, "kind": "slow", "hold_id": task_id,
        "hold_nanos": 100, "facts": facts(), "created_ms": now_ms(),
    }  # fmt: skip
    return Task(**{**plain, **more})
