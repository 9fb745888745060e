"""What an order asks for, field by field, and what of it nobody took.

A vendor's module takes what its API has; the rest is told to the caller as losses. Values from
outside the published fields (`extras`) are read with the type that the vendor's API wants, since a
form sends numbers as text.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from waystation.dialects.loss import Loss
from waystation.errors import Fault
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.pictures.port import PictureInput, PictureOrder

_KNOBS = (
    "size",
    "aspect_ratio",
    "quality",
    "style",
    "background",
    "output_format",
    "output_compression",
    "moderation",
    "partial_images",
    "seed",
    "negative_prompt",
    "strength",
)
_DEFAULTS = {"size": "auto", "quality": "auto", "background": "auto", "moderation": "auto"}
_TRUE, _FALSE = frozenset({"true", "1", "on"}), frozenset({"false", "0", "off"})

LOSSES_MAX = 32
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)

_decode = msgspec.json.Decoder().decode


class Knobs:
    """One order's settings. Each `take…` gives the value, None for none, and marks it as used."""

    __slots__ = ("_extras", "_left", "_losses")

    def __init__(self, order: PictureOrder) -> None:
        self._left: dict[str, Any] = {}
        for name in _KNOBS:
            value = getattr(order, name)
            if value is not None and value != _DEFAULTS.get(name):
                self._left[name] = value
        self._extras: Mapping[str, msgspec.Raw] = order.extras
        self._losses: list[Loss] = []
        for name in order.extras:
            self._left.setdefault(name, None)

    def take(self, name: str) -> Any:
        """One of the order's own fields; its word for "as you like" counts as none."""
        return self._left.pop(name, None)

    def one_of(self, name: str, choices: Iterable[str]) -> str | None:
        """A field that the vendor has some values of; another one is a loss."""
        value = self.take(name)
        if value is None or value in choices:
            return value  # type: ignore[no-any-return]  # None, or a text of the choices
        self.lose(name, f"it has no {name} {str(value)[:40]!r}")
        return None

    def text(self, name: str) -> str | None:
        value = self._extra(name)
        if value is None or isinstance(value, str):
            return value
        raise refused(name, "must be a text")

    def number(self, name: str) -> int | float | None:
        value = self._extra(name)
        if isinstance(value, str):
            value = _number(value)
            if value is None:
                raise refused(name, "must be a number")
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise refused(name, "must be a number")

    def flag(self, name: str) -> bool | None:
        value = self._extra(name)
        if isinstance(value, str):
            value = True if value in _TRUE else False if value in _FALSE else value
        if value is None or isinstance(value, bool):
            return value
        raise refused(name, "must be true or false")

    def raw(self, name: str) -> msgspec.Raw | None:
        """A value that is handed on as it is; the object or list itself where a form wrote it as
        text."""
        value = self._raw(name)
        if value is None or bytes(value)[:2] not in (b'"{', b'"['):
            return value
        return _inner(name, value)

    def ignore(self, *names: str) -> None:
        """Fields that mean nothing here and that nobody misses."""
        for name in names:
            self._left.pop(name, None)

    def shaped(self, *words: str) -> None:
        """Size and aspect ratio are seen to. words: sizes that are no WIDTHxHEIGHT and that the
        vendor has."""
        self._left.pop("aspect_ratio", None)
        size = self._left.pop("size", None)
        if size is not None and "x" not in size and size not in words:
            self.lose("size", "only WIDTHxHEIGHT is understood there")

    def lose(self, name: str, reason: str) -> None:
        self._left.pop(name, None)
        self._losses.append(Loss(name, reason))

    def losses(self) -> tuple[Loss, ...]:
        """Those told so far, and everything that was not taken."""
        left = (Loss(told_name(name), "no such setting there") for name in self._left)
        return (*self._losses, *left)[:LOSSES_MAX]

    def _raw(self, name: str) -> msgspec.Raw | None:
        self._left.pop(name, None)
        value = self._extras.get(name)
        return None if value is None or bytes(value) == b"null" else value

    def _extra(self, name: str) -> Any:
        raw = self._raw(name)
        if raw is None:
            return None
        try:
            return _decode(raw)
        except (msgspec.DecodeError, RecursionError):
            raise refused(name, "is not valid JSON") from None


def told_name(name: str) -> str:
    """A caller's field as a header can tell it."""
    return name if _PLAIN.fullmatch(name) else "?"


def _inner(name: str, value: msgspec.Raw) -> msgspec.Raw:
    try:
        text = msgspec.json.decode(value, type=str).encode()
        _decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise refused(name, "is not valid JSON") from None
    return msgspec.Raw(text)


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e15 else None  # neither nan nor infinity


def refused(name: str, reason: str) -> AttemptFailed:
    """What the caller asks for cannot be had here: 400, and no other channel is asked."""
    return AttemptFailed(Fault("invalid_value", param=name, reason=reason), status=400)


def one_input(order: PictureOrder) -> PictureInput:
    """The picture to work on, where an API takes one. Raises AttemptFailed (400) for none."""
    if not order.inputs:
        raise AttemptFailed(Fault("missing_field", param="image"), status=400)
    if len(order.inputs) > 1:
        raise refused("image", "this model takes one picture")
    return order.inputs[0]
