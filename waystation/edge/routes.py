"""The table of addresses: which handler, for whom, in which dialect. A route without a row is none.

Exact addresses are found by one dictionary look-up, patterns by their number of segments. A
pattern's `{name}` takes one whole segment, `{name:rest}` at the end the remaining ones, and
`models/{model}:generateContent` the part of a segment before a fixed tail.
"""

from collections.abc import Iterator, Mapping
from typing import Generic, Literal, TypeVar

import msgspec

from waystation.edge.paths import UNVERSIONED, VERSIONS, fold
from waystation.errors import Fault

Role = Literal["public", "token", "operator"]
Endpoint = TypeVar("Endpoint")

_HINT_PATH_CHARACTERS_MAX = 200


class Route(msgspec.Struct, Generic[Endpoint], frozen=True, kw_only=True):
    """One row. body_*: replace the deployment's limits for this route; None: they hold."""

    method: str
    pattern: str
    handler: Endpoint
    role: Role
    dialect: str
    body_bytes_max: int | None = None
    body_seconds_max: float | None = None


class Match(msgspec.Struct, Generic[Endpoint], frozen=True):
    """A route and what its `{names}` stand for."""

    route: Route[Endpoint]
    params: Mapping[str, str]


class NoRoute(msgspec.Struct, frozen=True):
    """Why nothing matched. status: 404, or 405 with the methods that the address offers.

    dialect: the one to word the refusal in; for a 405 that of the address, else None.
    """

    status: Literal[404, 405]
    allowed: tuple[str, ...] = ()
    dialect: str | None = None


_NO_PARAMS: Mapping[str, str] = {}
_NOT_FOUND = NoRoute(404)


class _Pattern(msgspec.Struct, frozen=True):
    """A compiled pattern: for each segment (name or None, text before, text after)."""

    segments: tuple[tuple[str | None, str, str], ...]
    rest: str | None

    @property
    def fixed(self) -> int:
        """Literal characters: the pattern with more of them is tried first."""
        return sum(len(before) + len(after) for _, before, after in self.segments)

    def read(self, segments: list[str]) -> dict[str, str] | None:
        """The parameters, or None when the path is another."""
        params: dict[str, str] = {}
        for (name, before, after), segment in zip(self.segments, segments, strict=False):
            if name is None:
                if segment != before:
                    return None
                continue
            if not segment.startswith(before) or not segment.endswith(after):
                return None
            value = segment[len(before) : len(segment) - len(after)]
            if not value or len(before) + len(after) >= len(segment):
                return None
            params[name] = value
        if self.rest is not None:
            params[self.rest] = "/".join(segments[len(self.segments) :])
        return params


def _compile(pattern: str) -> _Pattern:
    segments: list[tuple[str | None, str, str]] = []
    parts = pattern.strip("/").split("/") if pattern != "/" else []
    for at, part in enumerate(parts):
        before, brace, tail = part.partition("{")
        name, closed, after = tail.partition("}")
        if not brace:
            segments.append((None, part, ""))
        elif not closed or "{" in after or not name:
            raise ValueError(f"{pattern!r} has a bad parameter")
        elif name.endswith(":rest"):
            if at != len(parts) - 1 or before or after:
                raise ValueError(f"{pattern!r} must end with its rest parameter")
            return _Pattern(tuple(segments), name.removesuffix(":rest"))
        else:
            segments.append((name, before, after))
    return _Pattern(tuple(segments), None)


class RouteTable(Generic[Endpoint]):
    """Filled once at start, read by each request."""

    def __init__(self) -> None:
        self._rows: list[Route[Endpoint]] = []
        self._exact: dict[str, dict[str, Route[Endpoint]]] = {}
        self._by_count: dict[int, list[tuple[_Pattern, dict[str, Route[Endpoint]]]]] = {}
        self._open_ended: list[tuple[_Pattern, dict[str, Route[Endpoint]]]] = []

    def __iter__(self) -> Iterator[Route[Endpoint]]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        method: str,
        pattern: str,
        handler: Endpoint,
        role: Role,
        dialect: str,
        *,
        body_bytes_max: int | None = None,
        body_seconds_max: float | None = None,
    ) -> None:
        """Add a row. Raises ValueError for a bad pattern or a second row of one address."""
        route = Route(
            method=method,
            pattern=pattern,
            handler=handler,
            role=role,
            dialect=dialect,
            body_bytes_max=body_bytes_max,
            body_seconds_max=body_seconds_max,
        )
        methods = self._methods_of(pattern)
        if method in methods:
            raise ValueError(f"{method} {pattern} is in the table already")
        methods[method] = route
        self._rows.append(route)

    def _methods_of(self, pattern: str) -> dict[str, Route[Endpoint]]:
        if not pattern.startswith("/"):
            raise ValueError(f"{pattern!r} does not begin with a slash")
        if "{" not in pattern:
            return self._exact.setdefault(pattern, {})
        compiled = _compile(pattern)
        listed = (
            self._by_count.setdefault(len(compiled.segments), [])
            if compiled.rest is None
            else self._open_ended
        )
        for known, methods in listed:
            if known == compiled:
                return methods
        methods = {}
        listed.append((compiled, methods))
        listed.sort(key=lambda entry: -entry[0].fixed)
        return methods

    def match(self, method: str, path: str) -> Match[Endpoint] | NoRoute:
        """The route of a folded path. HEAD is served by GET's row where it has none itself."""
        methods = self._exact.get(path)
        if methods is not None:
            route = _of_method(methods, method)
            if route is not None:
                return Match(route, _NO_PARAMS)
        return self._match_patterns(method, path, methods)

    def _match_patterns(
        self, method: str, path: str, seen: dict[str, Route[Endpoint]] | None
    ) -> Match[Endpoint] | NoRoute:
        segments = path.split("/")[1:]
        allowed = dict(seen or {})
        for pattern, methods in self._candidates(len(segments)):
            params = pattern.read(segments)
            if params is None:
                continue
            route = _of_method(methods, method)
            if route is not None:
                return Match(route, params)
            allowed.update(methods)
        if not allowed:
            return _NOT_FOUND
        return NoRoute(405, _with_head(allowed), next(iter(allowed.values())).dialect)

    def _candidates(self, count: int) -> Iterator[tuple[_Pattern, dict[str, Route[Endpoint]]]]:
        yield from self._by_count.get(count, ())
        for entry in self._open_ended:
            if count > len(entry[0].segments):
                yield entry

    def hint(self, method: str, path: str) -> str:
        """The end of the message for an unknown address: the near one that exists, or nothing."""
        for candidate in _neighbours(path):
            found = self.match(method, candidate)
            if isinstance(found, Match):
                return f"; did you mean {method} {candidate}?"
            if found.status == 405:
                return f"; did you mean {found.allowed[0]} {candidate}?"
        return ""

    def fault(self, method: str, path: str, missed: NoRoute) -> Fault:
        """The refusal of a request without a route; `path` as sent, to be shown as such."""
        if missed.status == 405:
            return Fault("method_not_allowed", method=method, allowed=", ".join(missed.allowed))
        shown = path[:_HINT_PATH_CHARACTERS_MAX]
        return Fault("unknown_url", method=method, path=shown, hint=self.hint(method, fold(path)))


def _of_method(methods: dict[str, Route[Endpoint]], method: str) -> Route[Endpoint] | None:
    route = methods.get(method)
    return methods.get("GET") if route is None and method == "HEAD" else route


def _with_head(methods: Mapping[str, object]) -> tuple[str, ...]:
    names = list(methods)
    if "GET" in methods and "HEAD" not in methods:
        names.append("HEAD")
    return tuple(names)


def _neighbours(path: str) -> Iterator[str]:
    """Addresses that were probably meant: with /v1, without it, with another version."""
    if len(path) > _HINT_PATH_CHARACTERS_MAX:
        return
    segments = path.split("/")[1:]
    if segments[0] in VERSIONS:
        bare = segments[1:]
        if bare:
            yield "/" + "/".join(bare)
        for version in sorted(VERSIONS - {segments[0]}):
            yield "/".join(["", version, *bare])
    else:
        yield "/v1" + path
        yield "/v1beta" + path
    for at, segment in enumerate(segments[1:], start=1):
        if segment in VERSIONS or segment in UNVERSIONED:
            yield fold("/" + "/".join(segments[at:]))
