"""No stable code may be one that nobody answers: `python -m tests.answered` after all tests.

While `make test` runs, each of pytest's processes notes the codes that apps running in it answered,
as empty files of `.answered/`. Who runs tests by hand has no such folder, and nothing is noted.
"""

import shutil
import sys
from pathlib import Path
from types import FrameType
from unittest import mock

from waystation.dialects.error_shapes import message_of
from waystation.errors import TEXTS, Fault, Language

FOLDER = Path(__file__).parents[1] / ".answered"
_ANSWERING = ("waystation.edge.", "waystation.control.replies")
"""Whose faults go out to a caller; the docs' samples of faults, for one, do not."""

_NOBODY_THERE = 499
"""The status of faults that can only stand in the log."""

_text = Fault.text


class Answered:
    """Notes in `folder`, from `start` to `stop`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._noted: set[str] = set()
        self._patch = mock.patch.object(Fault, "text", self._listening())

    def start(self) -> None:
        self._patch.start()

    def stop(self) -> None:
        self._patch.stop()

    def note(self, code: str) -> None:
        if code not in self._noted:
            self._noted.add(code)
            (self._folder / code).touch()

    def _listening(self) -> object:
        def text(fault: Fault, language: Language = "en") -> str:
            is_new = fault.code not in self._noted and fault.status != _NOBODY_THERE
            if is_new and _is_answering(sys._getframe(1)):
                self.note(fault.code)
            return _text(fault, language)

        return text


def _is_answering(frame: FrameType | None) -> bool:
    """The text is for an error that the edge or the control process writes, on a task of the app's
    own: no test's code is between it and the loop."""
    if frame is None or frame.f_code is not message_of.__code__:
        return False
    writer = ""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("tests."):
            return False
        if module == "asyncio.runners":
            break
        if not writer and not module.startswith("waystation.dialects."):
            writer = module
        frame = frame.f_back
    return writer.startswith(_ANSWERING)


def logged(code: str) -> None:
    """A test has found in the log a code that nobody is left to read."""
    assert TEXTS[code][0] == _NOBODY_THERE, code
    if FOLDER.is_dir():
        (FOLDER / code).touch()


def unanswered(folder: Path) -> list[str]:
    return sorted(TEXTS.keys() - {noted.name for noted in folder.iterdir()})


def main(folder: Path = FOLDER) -> int:
    lacking = unanswered(folder)
    shutil.rmtree(folder)
    for code in lacking:
        print(f"{code}: a stable code of waystation/errors.py that no running app answered")
    print(f"stable codes answered: {len(TEXTS) - len(lacking)} of {len(TEXTS)}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
