"""Every kind of task that a runner can run, made once for its process."""

from collections.abc import Mapping

from waystation.tasks.kind import TaskKind
from waystation.tasks.midjourney.kind import Midjourney
from waystation.tasks.pictures.kind import PictureTasks
from waystation.tasks.suno.kind import SunoTasks
from waystation.tasks.workshop import Workshop


def make_kinds(workshop: Workshop) -> Mapping[str, TaskKind]:
    """By name."""
    kinds: tuple[TaskKind, ...] = (
        Midjourney(workshop),
        PictureTasks(workshop),
        SunoTasks(workshop),
    )
    return {kind.name: kind for kind in kinds}
