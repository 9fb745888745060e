"""Ids of tasks and of their songs: a song's id says whose it is.

A task's id is a version 4 UUID whose last byte is 0; its songs are the same with 1, 2, …. So a song
is found by its task, without a table of its own, and no upstream's id is ever shown.
"""

from uuid import UUID, uuid4

CLIPS_MAX = 255


def draw() -> str:
    """A new task's id."""
    return str(UUID(int=uuid4().int & ~0xFF))


def clip_id(task_id: str, number: int) -> str:
    """number: from 1."""
    return f"{task_id[:-2]}{number:02x}"


def task_of(clip: str) -> tuple[str, int]:
    """(task id, number) of a song's or a task's id (number 0). Raises ValueError."""
    known = str(UUID(clip))
    return f"{known[:-2]}00", int(known[-2:], 16)
