"""Retries are for single failures, not for storms: a bucket for the whole process."""


class RetryBudget:
    """Each first attempt puts `ratio` of a retry into the bucket, up to `most`; it starts with a
    small reserve. So when everything fails, upstream calls stay near 1 + ratio of the clients'.
    Retries to channels that are plainly well do not come from here (see choice.py)."""

    __slots__ = ("_most", "_ratio", "left")

    def __init__(self, ratio: float = 0.1, reserve: float = 20.0, most: float = 100.0) -> None:
        self._ratio = ratio
        self._most = max(most, reserve)
        self.left = reserve

    def earn(self) -> None:
        """A first attempt was made."""
        if self.left < self._most:
            self.left += self._ratio

    def take(self) -> bool:
        """A retry, if one is left."""
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True
