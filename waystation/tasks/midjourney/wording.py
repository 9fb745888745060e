"""A task's prompt as its caller wrote it, and as whoever draws is told it."""

import msgspec

from waystation.dialects.midjourney.job import Job
from waystation.tasks.task import Task


def spoken(job: Job, task: Task) -> Job:
    """The job as whoever draws is told it."""
    english = spoken_prompt(task, job.prompt)
    return job if english == job.prompt else msgspec.structs.replace(job, prompt=english)


def spoken_prompt(task: Task, prompt: str) -> str:
    english = task.result.get("promptEn")
    is_of_this = prompt and task.result.get("translated") == prompt
    return english if is_of_this and isinstance(english, str) else prompt


def own_words(task: Task) -> str:
    """What the caller wrote, where it was translated: shown as finalZhPrompt."""
    written = task.result.get("translated", "")
    return written if isinstance(written, str) else ""
