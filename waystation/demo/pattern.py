"""A text that matches a regular expression, as schemas use them.

Reads literals, classes, groups, alternatives and repetitions; what it cannot read (look-around,
references back) it gives up.
"""

import re

from waystation.demo.words import digest

_EXTRA_MAX = 64
_PATTERN_CHARACTERS_MAX = 1000
_DEPTH_MAX = 20
_REPEATS_MAX = 1000
_STEPS_MAX = 50_000
_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = _LETTERS + _LETTERS.upper() + _DIGITS + "_"
_PLAIN = _LETTERS + _DIGITS + _LETTERS.upper() + " -_.,:;!?@#/+*=()[]{}<>|~^$&%'\"\\`"
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": " "}
_NOT = {
    "D": _LETTERS,
    "W": " -.,",
    "S": _WORD + "-",
}
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}


class _Unread(Exception):
    """The expression has something that is not read here."""


def matching(pattern: str, least: int, most: int, seed: tuple[object, ...]) -> str | None:
    """A text of that many characters which the pattern matches; None when none was made.

    The expression itself is never run: patterns come from callers, and some never end."""
    if len(pattern) > _PATTERN_CHARACTERS_MAX:
        return None
    maker = _Maker(pattern, seed)
    try:
        made = maker.whole(1)
        if len(made) > most:
            made = maker.whole(0)
        for extra in range(2, max(_EXTRA_MAX, min(least, _REPEATS_MAX))):
            if len(made) >= least:
                break
            made = maker.whole(extra)
    except (_Unread, OverflowError):
        return None
    if len(made) < least and not pattern.endswith("$"):
        made = made.ljust(least, "x")
    return made if least <= len(made) <= most else None


class _Maker:
    """Reads the pattern once from left to right and writes the text as it goes."""

    def __init__(self, pattern: str, seed: tuple[object, ...]) -> None:
        self._pattern = pattern
        self._seed = seed
        self._steps_left = _STEPS_MAX
        self._extra = self._at = self._picks = self._depth = 0

    def whole(self, extra: int) -> str:
        """A text with each repetition so often beyond its least."""
        self._extra = extra
        self._at = self._picks = self._depth = 0
        made = self._alternatives()
        if self._at < len(self._pattern):
            raise _Unread
        return made

    def _number(self) -> int:
        self._picks += 1
        return digest(*self._seed, self._picks)

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        taken = self._peek()
        self._steps_left -= 1
        if not taken or self._steps_left < 0:
            raise _Unread
        self._at += 1
        return taken

    def _alternatives(self) -> str:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise _Unread
        made = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            made.append(self._sequence())
        self._depth -= 1
        return made[self._number() % len(made)]

    def _sequence(self) -> str:
        made = ""
        while self._peek() not in ("", "|", ")"):
            start = self._at
            once = self._atom()
            end = self._at
            least, most = self._repetition()
            if (least, most) == (1, 1):
                made += once
                continue
            after = self._at
            count = min(least + self._extra, most)
            for _ in range(min(count, _REPEATS_MAX)):
                self._at = start
                made += self._atom()
                assert self._at == end
            self._at = after
        return made

    def _repetition(self) -> tuple[int, int]:
        mark = self._peek()
        if mark not in ("*", "+", "?", "{"):
            return 1, 1
        if mark == "{":
            found = re.match(r"\{(\d*)(,?)(\d*)\}", self._pattern[self._at :])
            if found is None:
                return 1, 1
            self._at += found.end()
            least = int(found[1] or 0)
            most = int(found[3]) if found[3] else (_REPEATS_MAX if found[2] else least)
        else:
            self._at += 1
            least, most = {"*": (0, _REPEATS_MAX), "+": (1, _REPEATS_MAX), "?": (0, 1)}[mark]
        if self._peek() in ("?", "+"):
            self._at += 1  # lazy or possessive: the text is the same
        return least, most

    def _atom(self) -> str:
        mark = self._take()
        if mark in ("^", "$"):
            return ""
        if mark == "(":
            return self._group()
        if mark == "[":
            return self._one(self._set())
        if mark == ".":
            return self._one(_LETTERS)
        if mark == "\\":
            return self._escape()
        return mark

    def _group(self) -> str:
        if self._peek() == "?":
            named = re.match(r"\?(?::|P<\w+>)", self._pattern[self._at :])
            if named is None:
                raise _Unread
            self._at += named.end()
        made = self._alternatives()
        if self._take() != ")":
            raise _Unread
        return made

    def _escape(self) -> str:
        mark = self._take()
        if mark in ("b", "B", "A", "Z"):
            return ""
        if mark in _CLASSES or mark in _NOT:
            return self._one(_CLASSES.get(mark) or _NOT[mark])
        if mark in _CONTROL:
            return _CONTROL[mark]
        if mark in ("x", "u"):
            return self._by_number(mark)
        if mark.isalnum():
            raise _Unread
        return mark

    def _by_number(self, mark: str) -> str:
        length = 2 if mark == "x" else 4
        digits = self._pattern[self._at : self._at + length]
        if re.fullmatch(r"[0-9a-fA-F]+", digits) is None or len(digits) < length:
            raise _Unread
        self._at += length
        return chr(int(digits, 16))

    def _set(self) -> str:
        """The characters of a class, of which one will be taken."""
        negated = self._peek() == "^"
        self._at += negated
        members: list[str] = []
        while self._peek() != "]" or not members:
            members.extend(self._member())
        self._at += 1
        if negated:
            return "".join(one for one in _PLAIN if one not in members)
        return "".join(members)

    def _member(self) -> str:
        mark = self._take()
        if mark == "\\":
            kind = self._take()
            if kind in _CLASSES or kind in _NOT:
                return _CLASSES.get(kind) or _NOT[kind]
            self._at -= 1
            mark = "\b" if kind == "b" else self._escape()
            self._at += kind == "b"
        following = self._pattern[self._at : self._at + 2]
        if len(following) == 2 and following[0] == "-" and following[1] != "]":
            self._at += 1
            last = self._take()
            last = self._escape() if last == "\\" else last
            return "".join(map(chr, range(ord(mark), min(ord(last), ord(mark) + 255) + 1)))
        return mark

    def _one(self, among: str) -> str:
        if not among:
            raise _Unread
        return among[self._number() % len(among)]
