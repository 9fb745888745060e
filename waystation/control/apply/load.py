"""A relay.toml read and judged, all but the names that only the store knows."""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TypeVar

from waystation.control.apply.document import (
    AutoGroupsWanted,
    ConfigError,
    Document,
    MidjourneyWanted,
)
from waystation.control.apply.fields import Fields, Source
from waystation.control.apply.lines import locate
from waystation.control.apply.read_accounts import read_account, read_token
from waystation.control.apply.read_channels import read_channel
from waystation.control.apply.read_groups import read_group, read_rate
from waystation.control.apply.read_midjourney import read_midjourney
from waystation.control.apply.read_prices import read_price
from waystation.identity.keys import digest

_SYNTAX_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class _Placed(Protocol):
    @property
    def line(self) -> int: ...


Item = TypeVar("Item", bound=_Placed)


def load(path: Path, environment: Mapping[str, str] | None = None) -> Document:
    """Raises ConfigError, with the file's name; OSError when it cannot be read."""
    raw = path.read_bytes()
    try:
        return parse(raw, path, os.environ if environment is None else environment)
    except ConfigError as fault:
        fault.file = str(path)
        raise


def parse(raw: bytes, path: Path, environment: Mapping[str, str]) -> Document:
    """Raises ConfigError."""
    text = _decode(raw)
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        raise _syntax(text, str(fault)) from None
    except RecursionError:
        raise ConfigError(1, "not TOML that anybody writes: it is nested too deeply") from None
    source = Source(locate(text), environment)
    top = Fields(source, tree, (), "relay.toml")
    document = Document(
        file=path,
        groups=_items(top, "groups", "a group", read_group),
        channels=_items(top, "channels", "a channel", read_channel),
        prices=_items(top, "prices", "a price", read_price),
        accounts=_items(top, "accounts", "an account", read_account),
        tokens=_items(top, "tokens", "a token", read_token),
        rates=_items(top, "group_rates", "a group rate", read_rate),
        auto_groups=_auto_groups(top, source, tree),
        midjourney=_midjourney(top, tree),
    )
    top.end()
    _refuse_repetitions(document)
    return document


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise ConfigError(line, "the file is not UTF-8") from None


def _syntax(text: str, message: str) -> ConfigError:
    place = _SYNTAX_PLACE.search(message)
    line = int(place[1]) if place and place[1] else text.count("\n") + 1
    return ConfigError(line, f"not TOML: {_SYNTAX_PLACE.sub('', message)}")


def _items(top: Fields, field: str, what: str, read: Callable[[Fields], Item]) -> tuple[Item, ...]:
    return tuple(read(each.called(what)) for each in top.tables(field) or ())


def _auto_groups(top: Fields, source: Source, tree: Mapping[str, Any]) -> AutoGroupsWanted | None:
    if "auto_groups" not in tree:
        top.words("auto_groups")
        return None
    return AutoGroupsWanted(source.lines["auto_groups",], top.words("auto_groups"))


def _midjourney(top: Fields, tree: Mapping[str, Any]) -> MidjourneyWanted | None:
    fields = top.table("midjourney").called("midjourney")
    return read_midjourney(fields) if "midjourney" in tree else None


def _refuse_repetitions(document: Document) -> None:
    _once(document.groups, lambda each: each.name, "the group {}")
    _once(document.channels, lambda each: each.name, "the channel {}")
    _once(document.accounts, lambda each: each.email, "the account {}")
    _once(document.tokens, lambda each: f"{each.account}/{each.name}", "the token {}")
    _once(
        document.prices,
        lambda each: f"{each.row.model!r}, effective {each.row.effective_ms}",
        "the price of {}",
    )
    _once(document.rates, lambda each: f"{each.account_group} in {each.group}", "the rate of {}")
    keyed = [each for each in document.tokens if each.key is not None]
    _once(keyed, lambda each: digest(each.key or "").hex(), "this key")


def _once(items: Iterable[Item], name: Callable[[Item], str], what: str) -> None:
    seen: dict[str, int] = {}
    for each in items:
        key = name(each)
        if key in seen:
            words = what.format(key)
            raise ConfigError(each.line, f"{words} is there twice, first in line {seen[key]}")
        seen[key] = each.line
