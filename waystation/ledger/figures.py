"""What the ledger's writer counts, for metrics."""

from bisect import bisect_left

from waystation.journal.metrics import BATCH_SIZE_BOUNDS, COMMIT_SECONDS_BOUNDS
from waystation.ledger.questions import Figures


class Counters:
    """batches, commands, commit_seconds (in sum); batch_last and commit_seconds_last; log_dropped:
    rows of `Note` that were too many while the store was away."""

    __slots__ = (
        "_seconds_counts",
        "_size_counts",
        "batch_last",
        "batches",
        "commands",
        "commit_seconds",
        "commit_seconds_last",
        "log_dropped",
    )

    def __init__(self) -> None:
        self.batches = 0
        self.commands = 0
        self.batch_last = 0
        self.commit_seconds = 0.0
        self.commit_seconds_last = 0.0
        self.log_dropped = 0
        self._seconds_counts = [0] * (len(COMMIT_SECONDS_BOUNDS) + 1)
        self._size_counts = [0] * (len(BATCH_SIZE_BOUNDS) + 1)

    def settled(self, size: int, seconds: float) -> None:
        self.batches += 1
        self.commands += size
        self.batch_last = size
        self.commit_seconds += seconds
        self.commit_seconds_last = seconds
        self._seconds_counts[bisect_left(COMMIT_SECONDS_BOUNDS, seconds)] += 1
        self._size_counts[bisect_left(BATCH_SIZE_BOUNDS, size)] += 1

    def figures(self, question_id: str, inbox: int, connections: int) -> Figures:
        return Figures(
            id=question_id,
            batches=self.batches,
            commands=self.commands,
            inbox=inbox,
            connections=connections,
            log_dropped=self.log_dropped,
            commit_seconds=self.commit_seconds,
            commit_seconds_bounds=COMMIT_SECONDS_BOUNDS,
            commit_seconds_counts=tuple(self._seconds_counts),
            batch_size_bounds=BATCH_SIZE_BOUNDS,
            batch_size_counts=tuple(self._size_counts),
        )
