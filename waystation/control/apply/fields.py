"""Fields taken out of a TOML table one by one, each judged, what is left over refused."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, TypeVar

from waystation.control.apply.document import ConfigError
from waystation.control.apply.lines import Path, nearest
from waystation.kernel.money import parse_usd

Result = TypeVar("Result")

NAME_LENGTH_MAX = 64
MODEL_LENGTH_MAX = 256
WORDS_MAX = 10_000
COUNT_MAX = 2**53
_ENVIRONMENT = "env:"


class Source:
    """The file's positions and the environment that `env:NAME` reads."""

    def __init__(self, lines: Mapping[Path, int], environment: Mapping[str, str]) -> None:
        self.lines = lines
        self.environment = environment

    def refuse(self, path: Path, reason: str) -> ConfigError:
        return ConfigError(nearest(self.lines, path), reason)


class Fields:
    """One table. Each `take` removes a field; `end` refuses what nobody took."""

    def __init__(self, source: Source, table: object, path: Path, what: str) -> None:
        if not isinstance(table, dict):
            raise source.refuse(path, f"{what} must be a table, like {{ … }}")
        self._source = source
        self._left: dict[str, Any] = dict(table)
        self._taken: list[str] = []
        self._path = path
        self._what = what

    @property
    def line(self) -> int:
        return nearest(self._source.lines, self._path)

    def called(self, what: str) -> "Fields":
        """The same table under a name that reads better in refusals."""
        self._what = what
        return self

    def refuse(self, field: str, reason: str) -> ConfigError:
        return self._source.refuse((*self._path, field), f"{self._what}: {field} {reason}")

    def end(self) -> None:
        for field in self._left:
            close = get_close_matches(field, self._taken, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise self._source.refuse(
                (*self._path, field), f"{self._what} has no field {field!r}{hint}"
            )

    def take(self, field: str) -> Any:
        """The raw value, None when it is not there."""
        self._taken.append(field)
        return self._left.pop(field, None)

    def text(self, field: str, default: str | None = None, *, length_max: int = WORDS_MAX) -> str:
        """A string; without a default it must be there and say something."""
        value = self.take(field)
        if value is None:
            if default is None:
                raise self._source.refuse(self._path, f"{self._what} needs its {field}")
            return default
        if not isinstance(value, str):
            raise self.refuse(field, "must be text")
        if default is None and not value:
            raise self.refuse(field, "must not be empty")
        if len(value) > length_max:
            raise self.refuse(field, f"is longer than {length_max} characters")
        if "\x00" in value:
            raise self.refuse(field, "contains a NUL character")
        return value

    def name(self, field: str = "name", length_max: int = NAME_LENGTH_MAX) -> str:
        """A natural key: shown in lists and written into comma-separated ones."""
        value = self.text(field, length_max=length_max)
        if value != value.strip() or not value.isprintable() or "," in value:
            raise self.refuse(field, "must be printable, without commas or blanks around it")
        return value

    def secret(self, field: str) -> str | None:
        """A string, or what the environment's `env:NAME` holds; None when it is not there."""
        value = self.take(field)
        return None if value is None else self.opened(field, value)

    def opened(self, field: str, value: object) -> str:
        if not isinstance(value, str) or not value:
            raise self.refuse(field, "must be text and not empty")
        if not value.startswith(_ENVIRONMENT):
            return value
        name = value.removeprefix(_ENVIRONMENT)
        held = self._source.environment.get(name)
        if not held:
            raise self.refuse(field, f"is {value!r}, but the environment has no {name}")
        return held

    def flag(self, field: str, default: bool) -> bool:
        value = self.take(field)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.refuse(field, "must be true or false")
        return value

    def count(self, field: str, default: Any = 0, *, least: int = 0, most: int = COUNT_MAX) -> Any:
        """A whole number within bounds, or the default."""
        value = self.take(field)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.refuse(field, f"must be a whole number from {least} to {most}")
        return value

    def seconds(self, field: str) -> float | None:
        value = self.take(field)
        if value is None:
            return None
        if (
            not isinstance(value, int | Decimal)
            or isinstance(value, bool)
            or not 0 < value <= 86400
        ):
            raise self.refuse(field, "must be a number of seconds above 0 and up to 86400")
        return float(value)

    def choice(self, field: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.take(field)
        if value is None:
            return default
        if value not in allowed:
            raise self.refuse(field, f"must be {' or '.join(map(repr, allowed))}")
        return str(value)

    def words(
        self, field: str, judge: Callable[[str], str | None] | None = None
    ) -> tuple[str, ...]:
        """A list of texts, without repetitions. judge: says what is wrong with one."""
        value = self.take(field)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.refuse(field, "must be a list of texts")
        for index, each in enumerate(value):
            problem = _word_problem(each) or (judge(each) if judge else None)
            if problem is None and each in value[:index]:
                problem = "is there twice"
            if problem is not None:
                path = (*self._path, field, index)
                raise self._source.refuse(path, f"{self._what}: {field}: {each!r} {problem}")
        return tuple(value)

    def decimal(self, field: str) -> str | None:
        """Decimal text as written; numbers of TOML are taken exactly as they stand."""
        value = self.take(field)
        return None if value is None else self.as_decimal(field, value)

    def as_decimal(self, field: str, value: object) -> str:
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.refuse(field, "must be a decimal number")
        if isinstance(value, Decimal) and not value.is_finite():
            raise self.refuse(field, "must be a finite number")
        return f"{value:f}" if isinstance(value, Decimal) else str(value)

    def judged(self, field: str, reading: Callable[[], Result]) -> Result:
        """What `reading` gives; its ValueError becomes a refusal of this field."""
        try:
            return reading()
        except ValueError as fault:
            raise self.refuse(field, f"is refused: {fault}") from None

    def nanos(self, field: str) -> int | None:
        """USD, at least 0, as nano-USD."""
        text = self.decimal(field)
        if text is None:
            return None
        value = self.judged(field, lambda: parse_usd(text))
        if not 0 <= value <= 2**62:
            raise self.refuse(field, "must be an amount from 0 up")
        return value

    def moment(self, field: str) -> int | None:
        """A date or a time with its zone, as text or as TOML's own; unix milliseconds."""
        value = self.take(field)
        if value is None:
            return None
        if isinstance(value, str):
            value = self.judged(field, lambda: _read_moment(value))
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise self.refuse(field, "needs a zone, like 2027-01-01T00:00:00Z")
            return int(value.timestamp() * 1000)
        if isinstance(value, date):
            midnight = datetime(value.year, value.month, value.day, tzinfo=UTC)
            return int(midnight.timestamp() * 1000)
        raise self.refuse(field, "must be a time, like 2027-01-01T00:00:00Z")

    def table(self, field: str) -> "Fields":
        """A table below this one; an empty one when it is not there."""
        value = self.take(field)
        path = (*self._path, field)
        return Fields(self._source, {} if value is None else value, path, f"{self._what}: {field}")

    def tables(self, field: str) -> "list[Fields] | None":
        """A list of tables below this one; None when it is not there."""
        value = self.take(field)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.refuse(field, "must be a list of tables")
        return [
            Fields(self._source, each, (*self._path, field, index), f"{self._what}: {field}")
            for index, each in enumerate(value)
        ]

    def rest(self) -> dict[str, Any]:
        """All that was not taken, which is thereby taken: a map with names of the user's own."""
        left, self._left = self._left, {}
        return left


def model_problem(name: str) -> str | None:
    """Model names and wildcards."""
    if len(name) > MODEL_LENGTH_MAX:
        return f"is longer than {MODEL_LENGTH_MAX} characters"
    if "*" in name[:-1]:
        return "has a * that is not at its end"
    return None


def to_json(value: object) -> str:
    """As stored: compact, keys in order, so that equal values are equal text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _word_problem(value: object) -> str | None:
    if not isinstance(value, str):
        return "is not text"
    if not value or value != value.strip() or not value.isprintable() or "," in value:
        return "must be printable, not empty, without commas or blanks around it"
    return None


def _read_moment(text: str) -> datetime | date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)
