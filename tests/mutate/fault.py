"""A mistake that somebody could make, and the tests that would notice."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class DoesNotApply(Exception):
    """The code has moved on: the fault must be written anew."""


@dataclass(frozen=True)
class Fault:
    """file: below the project's root. old: occurs in it exactly once. tests: pytest's node ids, of
    which at least one must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def sown(self, root: Path = ROOT) -> str:
        """The file's text with the fault in it. Raises DoesNotApply."""
        text = (root / self.file).read_text()
        found = text.count(self.old)
        if found != 1:
            raise DoesNotApply(f"{self.file} has the old text {found} times")
        if self.old == self.new:
            raise DoesNotApply("old and new are the same")
        return text.replace(self.old, self.new)
