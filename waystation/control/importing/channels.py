"""Channels: judged by the readers of relay.toml, one by one, so that one that cannot be brought
over keeps no other back."""

import json
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from waystation.control.apply.document import ChannelWanted, ConfigError
from waystation.control.apply.fields import NAME_LENGTH_MAX, Fields
from waystation.control.apply.read_channels import read_channel
from waystation.control.apply.run import Run
from waystation.control.desk.edits import BodySource, as_in_a_file, document
from waystation.control.importing.channel_types import CHANNEL_TYPES, NAMES
from waystation.control.importing.source import Row, number, pages, text
from waystation.control.importing.work import Work
from waystation.control.importing.writing import write_document
from waystation.storage.main import channels
from waystation.upstream.vendors import VENDORS

ENABLED = 1
_COLUMNS = (
    "id", "type", "key", "status", "name", "weight", "base_url", "other", "models", "group",
    "model_mapping", "priority", "tag", "setting", "param_override", "header_override",
    "openai_organization", "status_code_mapping", "channel_info", "config", "system_prompt",
)  # fmt: skip
_OURS = ("model", "messages", "stream", "n")


class Channels:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._total = work.total("channels")
        self._names: set[str] = set()
        self._lift = 0

    async def run(self) -> None:
        """Few enough for one transaction."""
        work = self._work
        rows = [row async for page in pages(work.source, "channels", _COLUMNS) for row in page]
        async with work.database.read() as connection:
            known = await work.remembered.known(connection, "channel")
            named = await connection.execute(select(channels.c.name))
            self._names = set(named.scalars())
        self._total.there = len(rows)
        self._lift = max((-number(row, "priority") for row in rows), default=0)
        wanted = {}
        for row in rows:
            if str(row["id"]) not in known:
                made = self._judge(row)
                if made is not None:
                    wanted[str(row["id"])] = made
        await self._bring(wanted)
        self._total.here = len(known) + len(wanted)
        self._total.new = len(wanted)

    def _judge(self, row: Row) -> ChannelWanted | None:
        work, name = self._work, text(row, "name")
        kind_of = CHANNEL_TYPES[work.system].get(number(row, "type"))
        if kind_of is None:
            title = NAMES[work.system].get(number(row, "type"), f"type {number(row, 'type')}")
            work.report.leave(self._total, row["id"], name, f"no vendor here for {title}")
            return None
        try:
            table = self._table(row, kind_of.vendor, kind_of.base_url)
            fields = Fields(BodySource(), as_in_a_file(table), (), "the channel")
            return read_channel(fields)
        except (ConfigError, ValueError) as refused:
            reason = refused.reason if isinstance(refused, ConfigError) else str(refused)
            work.report.leave(self._total, row["id"], name, reason)
            return None

    def _table(self, row: Row, vendor: str, usual_url: str) -> dict[str, Any]:
        """As relay.toml would have it. Raises ValueError."""
        base_url = text(row, "base_url").rstrip("/")
        if vendor == "openai" and base_url not in ("", "https://api.openai.com"):
            vendor = "openai-compatible"
        if vendor == "vertex":
            base_url = base_url or _vertex_url(row)
        base_url = base_url or usual_url
        table: dict[str, Any] = {
            "name": self._name(row),
            "vendor": vendor,
            "groups": _words(text(row, "group")) or ["default"],
            "models": _words(text(row, "models")),
            "model_map": _map(text(row, "model_mapping"), "model_mapping"),
            "priority": max(0, number(row, "priority") + max(0, self._lift)),
            "weight": min(1_000_000, max(1, number(row, "weight"))),
            "tags": _words(text(row, "tag")),
            "enabled": number(row, "status", ENABLED) == ENABLED,
            "keys": self._keys(row, vendor),
        }
        if base_url:
            table["base_url"] = base_url
            table["allow_private"] = _is_near(base_url)
        return table | self._more(row)

    def _more(self, row: Row) -> dict[str, Any]:
        """Proxy, headers, what is written into bodies."""
        more: dict[str, Any] = {}
        setting = _map(text(row, "setting"), "setting")
        if setting.get("proxy"):
            more["proxy"] = str(setting["proxy"])
        headers = {
            str(name): str(value)
            for name, value in _map(text(row, "header_override"), "header_override").items()
            if "{" not in str(value)
        }
        if text(row, "openai_organization"):
            headers["openai-organization"] = text(row, "openai_organization")
        if headers:
            more["header_overrides"] = headers
        body = _map(text(row, "param_override"), "param_override")
        plain = {name: one for name, one in body.items() if name not in _OURS and "." not in name}
        plain.pop("operations", None)
        if plain:
            more["body_overrides"] = plain
        gone = [name for name in ("status_code_mapping", "system_prompt") if text(row, name)]
        gone += ["param_override (a part)"] * (len(plain) < len(body))
        if gone:
            self._work.report.note(
                f"channel {text(row, 'name')!r}: without its {', '.join(gone)}, which is not here"
            )
        return more

    def _keys(self, row: Row, vendor: str) -> list[str]:
        if not VENDORS[vendor].needs_key:
            return []
        raw = text(row, "key")
        if raw.startswith("["):  # several service accounts
            listed = [_compact(each) for each in json.loads(raw)]
        elif raw.startswith("{"):
            listed = [raw]
        else:
            listed = [line for each in raw.splitlines() if (line := each.strip())]
        listed = self._without_disabled(row, listed)
        if vendor == "bedrock":
            listed = [_bedrock_key(key) for key in listed]
        return list(dict.fromkeys(listed))

    def _without_disabled(self, row: Row, listed: list[str]) -> list[str]:
        info = _map(text(row, "channel_info"), "channel_info")
        states = info.get("multi_key_status_list") or {}
        kept = [key for at, key in enumerate(listed) if states.get(str(at), ENABLED) == ENABLED]
        if len(kept) < len(listed) and kept:
            gone = len(listed) - len(kept)
            name = text(row, "name")
            self._work.report.note(f"channel {name!r}: {gone} disabled keys stay there")
        return kept or listed

    def _name(self, row: Row) -> str:
        """Theirs may repeat."""
        plain = "".join(
            " " if one == "," else one for one in text(row, "name") if one.isprintable()
        )
        name = plain.strip()[:NAME_LENGTH_MAX].strip() or f"channel {row['id']}"
        if name in self._names:
            tail = f" ({row['id']})"
            name = f"{name[: NAME_LENGTH_MAX - len(tail)]}{tail}"
        self._names.add(name)
        return name

    async def _bring(self, wanted: Mapping[str, ChannelWanted]) -> None:
        work = self._work
        if self._lift > 0 and wanted:
            work.report.note(f"priorities are raised by {self._lift}: here none is below 0")
        if work.dry or not wanted:
            return

        async def remember(run: Run) -> None:
            names = [one.name for one in wanted.values()]
            query = select(channels.c.name, channels.c.id).where(channels.c.name.in_(names))
            ids = {row.name: row.id for row in await run.connection.execute(query)}
            rows = [
                {"foreign_id": theirs, "our_id": ids[one.name]} for theirs, one in wanted.items()
            ]
            await work.remembered.remember(run.connection, "channel", rows, work.now_ms)

        await write_document(work, document(channels=tuple(wanted.values())), remember)


def _words(listed: str) -> list[str]:
    return list(dict.fromkeys(word for each in listed.split(",") if (word := each.strip())))


def _map(raw: str, what: str) -> dict[str, Any]:
    if not raw or raw == "null":
        return {}
    try:
        value = json.loads(raw)
    except ValueError:
        raise ValueError(f"its {what} is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError(f"its {what} is not a JSON object")
    return value


def _compact(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _bedrock_key(key: str) -> str:
    """access|secret|region, or key|region."""
    parts = key.split("|")
    if len(parts) == 3:
        return f"{parts[0]}:{parts[1]}@{parts[2]}"
    return "@".join(parts) if len(parts) == 2 else key


def _vertex_url(row: Row) -> str:
    """Where a region is named for all models, the region's host."""
    raw = text(row, "other")
    region = raw
    if raw.startswith("{"):
        region = str(_map(raw, "other").get("default") or "")
    if not region or region == "global":
        return ""
    return f"https://{region}-aiplatform.googleapis.com"


def _is_near(base_url: str) -> bool:
    """An address of the operator's own network: it was typed in there, so it is meant."""
    host = urlsplit(base_url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host.rstrip(".") or host.endswith((".localhost", ".internal", ".local"))
