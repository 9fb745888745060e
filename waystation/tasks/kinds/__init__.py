"""Every kind of task that a runner can run, made once for its process."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from waystation.artefacts.store import ArtefactStore
from waystation.storage.signing import Signer
from waystation.tasks.kind import TaskKind
from waystation.tasks.midjourney.kind import Midjourney
from waystation.tasks.workshop import Workshop
from waystation.upstream.fetching import Fetcher


def make_kinds(
    workshop: Workshop,
    artefacts: ArtefactStore,
    fetcher: Fetcher,
    signer: Signer,
    stack: AsyncExitStack,
) -> Mapping[str, TaskKind]:
    """By name. stack: closes what they have under way."""
    midjourney = Midjourney(workshop, artefacts, fetcher, signer)
    stack.push_async_callback(midjourney.close)
    kinds: tuple[TaskKind, ...] = (midjourney,)
    return {kind.name: kind for kind in kinds}
