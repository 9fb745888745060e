"""[[channels]]."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from waystation.control.apply.document import ChannelWanted
from waystation.control.apply.fields import Fields, model_problem, to_json
from waystation.dialects.server_tools import NAMES
from waystation.ledger.price import Rate
from waystation.upstream.clouds import key_parts
from waystation.upstream.vendors import VENDORS, Vendor

KEY_LENGTH_MAX = 8192
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OURS = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "content-type", "te", "upgrade")
)
_BODY_OURS = frozenset(("model", "messages", "stream", "n"))
_PROXIES = ("http", "https", "socks5", "socks5h")


def read_channel(fields: Fields) -> ChannelWanted:
    name = fields.name()
    vendor = _vendor(fields)
    groups = fields.words("groups")
    keys = _keys(fields, vendor)
    allow_private = fields.flag("allow_private", False)
    columns = {
        "vendor": vendor.name,
        "base_url": _base_url(fields, vendor, allow_private),
        "allow_private": allow_private,
        "groups": to_json(groups),
        "operations": to_json(_operations(fields, vendor)),
        "models": to_json(fields.words("models", model_problem)),
        "model_map": to_json(_model_map(fields)),
        "priority": fields.count("priority"),
        "weight": fields.count("weight", 1, most=1_000_000),
        "tags": to_json(fields.words("tags")),
        "cost": to_json(_cost(fields)),
        "limits": to_json(_limits(fields)),
        "deadlines": to_json(_deadlines(fields)),
        "body_overrides": to_json(_body(fields)),
        "strip": to_json(fields.words("strip", _strip_problem)),
        "remix": fields.flag("remix", False),
        "on_disconnect": fields.choice("on_disconnect", ("abort", "drain"), "abort"),
        "enabled": fields.flag("enabled", True),
    }
    headers, proxy = _headers(fields), _proxy(fields)
    fields.end()
    return ChannelWanted(
        line=fields.line,
        columns=columns,
        name=name,
        groups=groups,
        keys=keys,
        headers=to_json(headers) if headers else "",
        proxy=proxy,
    )


def _vendor(fields: Fields) -> Vendor:
    name = fields.text("vendor")
    vendor = VENDORS.get(name)
    if vendor is None:
        close = get_close_matches(name, VENDORS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(VENDORS)}"
        raise fields.refuse("vendor", f"{name!r} is not known; {hint}")
    return vendor


def _operations(fields: Fields, vendor: Vendor) -> tuple[str, ...]:
    """What it is asked for; left out: all that the vendor offers by itself."""
    operations = fields.words("operations")
    fields.judged("operations", lambda: vendor.paths_for(operations))
    return operations


def _base_url(fields: Fields, vendor: Vendor, allow_private: bool) -> str:
    raw = fields.secret("base_url")
    if raw is None:
        if not vendor.base_url:
            raise fields.refuse("base_url", f"is missing: {vendor.name} has no address of its own")
        return ""
    parts = fields.judged("base_url", lambda: urlsplit(raw))
    host = fields.judged("base_url", lambda: _host(parts.hostname, parts.port))
    if parts.scheme not in ("http", "https"):
        raise fields.refuse("base_url", "must begin with http:// or https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise fields.refuse("base_url", "must not carry a login, a query or a fragment")
    if _is_private(host) and not allow_private:
        raise fields.refuse(
            "base_url", f"is the private address {host}: say allow_private = true to consent"
        )
    return raw


def _host(host: str | None, port: int | None) -> str:
    """port: reading it is what judges it."""
    if not host or not host.isascii() or any(mark in host for mark in " /\\%"):
        raise ValueError("it names no host")
    if port == 0:
        raise ValueError("port 0 cannot be reached")
    return host


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")


def _keys(fields: Fields, vendor: Vendor) -> tuple[str, ...]:
    raw = fields.take("keys")
    if raw is None:
        raw = []
    if not isinstance(raw, list):
        raise fields.refuse("keys", "must be a list of texts")
    keys = tuple(fields.opened("keys", each) for each in raw)
    for key in keys:
        if vendor.cloud:
            fields.judged("keys", partial(_cloud_key, vendor.cloud, key))
        elif not key.isascii() or not key.isprintable() or " " in key or len(key) > KEY_LENGTH_MAX:
            raise fields.refuse("keys", "has a key that is not printable ASCII without blanks")
    if len(set(keys)) != len(keys):
        raise fields.refuse("keys", "has the same key twice")
    if vendor.needs_key and not keys:
        raise fields.refuse("keys", f"is missing: the vendor {vendor.name} needs one")
    if not vendor.needs_key and keys:
        raise fields.refuse("keys", f"must be left out: the vendor {vendor.name} takes none")
    return keys


def _cloud_key(cloud: str, key: str) -> None:
    if len(key) > KEY_LENGTH_MAX:
        raise ValueError("the key is too long")
    key_parts(cloud, key)


def _model_map(fields: Fields) -> dict[str, str]:
    table = fields.table("model_map")
    mapped: dict[str, str] = {}
    for asked, upstream in table.rest().items():
        problem = model_problem(asked)
        if problem or not isinstance(upstream, str) or not upstream or "*" in upstream:
            reason = problem or "must name the upstream's model, without *"
            raise table.refuse(asked, reason)
        mapped[asked] = upstream
    return mapped


def _cost(fields: Fields) -> dict[str, str]:
    """One factor of the official price for all models, or one a model pattern."""
    raw = fields.take("cost")
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raw = {"*": raw}
    factors: dict[str, str] = {}
    for pattern, value in raw.items():
        problem = model_problem(pattern)
        if problem is not None:
            raise fields.refuse("cost", f"{pattern!r} {problem}")
        text = fields.as_decimal("cost", value)
        factors[pattern] = fields.judged("cost", partial(_factor, text))
    return factors


def _factor(text: str) -> str:
    return Rate.parse(text).text


def _limits(fields: Fields) -> dict[str, int]:
    table = fields.table("limits")
    names = ("concurrency", "rpm", "key_concurrency", "key_rpm")
    figures = {name: table.count(name) for name in names}
    table.end()
    return {name: figure for name, figure in figures.items() if figure}


def _deadlines(fields: Fields) -> dict[str, float]:
    table = fields.table("deadlines")
    figures = {name: table.seconds(name) for name in ("connect", "first_byte", "idle", "total")}
    table.end()
    return {name: figure for name, figure in figures.items() if figure is not None}


def _headers(fields: Fields) -> dict[str, str]:
    table = fields.table("header_overrides")
    headers: dict[str, str] = {}
    for name, raw in table.rest().items():
        if _HEADER_NAME.fullmatch(name) is None:
            raise table.refuse(name, "is not a header's name")
        if name.lower() in _OURS:
            raise table.refuse(name, "is written by the transport and cannot be replaced")
        value = raw if raw == "" else table.opened(name, raw)
        if _HEADER_VALUE.fullmatch(value) is None or value != value.strip():
            raise table.refuse(name, "has a value that a header cannot carry")
        headers[name.lower()] = value
    return headers


def _body(fields: Fields) -> dict[str, Any]:
    table = fields.table("body_overrides")
    body: dict[str, Any] = {}
    for name, value in table.rest().items():
        if name in _BODY_OURS:
            raise table.refuse(name, "cannot be replaced: the request would not be what is billed")
        body[name] = table.judged(name, partial(_plain, value))
    return body


def _strip_problem(name: str) -> str | None:
    return None if name in NAMES else f"is not known; known: {', '.join(sorted(NAMES))}"


def _plain(value: Any) -> Any:
    """TOML's values as JSON's."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime | date | time):
        raise ValueError("JSON has no dates: write it as text")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("JSON has no such number")
        return float(value)
    return value


def _proxy(fields: Fields) -> str:
    raw = fields.secret("proxy")
    if raw is None:
        return ""
    parts = fields.judged("proxy", lambda: urlsplit(raw))
    fields.judged("proxy", lambda: _host(parts.hostname, parts.port))
    if parts.scheme not in _PROXIES:
        raise fields.refuse("proxy", f"must begin with {', '.join(p + '://' for p in _PROXIES)}")
    return raw
