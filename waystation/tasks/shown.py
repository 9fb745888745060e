"""A task as /v1/tasks shows it, whatever its kind."""

from typing import Any

import msgspec

from waystation.kernel.money import format_usd
from waystation.tasks.states import shown
from waystation.tasks.task import Task


def task_object(task: Task) -> dict[str, Any]:
    """Money in USD as number text, times in unix milliseconds, null for not yet. cost_usd: held
    while it goes on, then what was charged."""
    is_over = task.is_final
    nanos = task.nanos if task.settle in ("post", "posted") else 0
    return {
        "id": task.id,
        "object": "task",
        "kind": task.kind,
        "action": task.action or None,
        "model": task.facts.model,
        "status": shown(task.state, task.submitted_ms),
        "progress": task.progress,
        "parent_id": task.parent_id or None,
        "result": task.result,
        "error": _error(task),
        "held_usd": _usd(0 if is_over or task.settle else task.hold_nanos),
        "cost_usd": _usd(nanos) if is_over else None,
        "request_id": task.facts.request_id,
        "created_ms": task.created_ms,
        "submitted_ms": task.submitted_ms or None,
        "started_ms": task.started_ms or None,
        "finished_ms": task.finished_ms or None,
    }


def _error(task: Task) -> dict[str, str] | None:
    if not task.fail_reason and not task.fail_code:
        return None
    return {"code": task.fail_code or "failed", "message": task.fail_reason}


def _usd(nanos: int) -> msgspec.Raw:
    return msgspec.Raw(format_usd(nanos).encode())
