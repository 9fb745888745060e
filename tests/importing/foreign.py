"""Databases as new-api and one-api leave them behind, made by their columns and types."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pymysql

from waystation.control.importing.mysql_source import mysql_place

BCRYPT = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
DELETED = datetime(2026, 1, 1)

# name → type: i integer, b truth, t text, k short text, d a time
TABLES: dict[str, dict[str, str]] = {
    "users": {
        "id": "i", "username": "k", "password": "t", "display_name": "t", "role": "i",
        "status": "i", "email": "t", "quota": "i", "used_quota": "i", "group": "t",
        "aff_quota": "i", "deleted_at": "d", "created_at": "i", "remark": "t",
    },
    "tokens": {
        "id": "i", "user_id": "i", "key": "k", "status": "i", "name": "t", "created_time": "i",
        "expired_time": "i", "remain_quota": "i", "unlimited_quota": "b", "used_quota": "i",
        "model_limits_enabled": "b", "model_limits": "t", "allow_ips": "t", "group": "t",
        "deleted_at": "d",
    },
    "channels": {
        "id": "i", "type": "i", "key": "t", "status": "i", "name": "t", "weight": "i",
        "base_url": "t", "other": "t", "models": "t", "group": "t", "model_mapping": "t",
        "priority": "i", "tag": "t", "setting": "t", "param_override": "t",
        "header_override": "t", "openai_organization": "t", "status_code_mapping": "t",
        "channel_info": "t",
    },
    "options": {"key": "k", "value": "t"},
    "redemptions": {
        "id": "i", "user_id": "i", "key": "k", "status": "i", "name": "t", "quota": "i",
        "created_time": "i", "redeemed_time": "i", "used_user_id": "i", "expired_time": "i",
        "deleted_at": "d",
    },
    "logs": {
        "id": "i", "user_id": "i", "created_at": "i", "type": "i", "username": "t",
        "token_name": "t", "model_name": "t", "quota": "i", "prompt_tokens": "i",
        "completion_tokens": "i", "use_time": "i", "is_stream": "b", "channel_id": "i",
        "token_id": "i", "group": "t", "ip": "t",
    },
}  # fmt: skip

_TYPES = {
    "sqlite": {"i": "integer", "b": "numeric", "t": "text", "k": "text", "d": "datetime"},
    "mysql": {"i": "bigint", "b": "tinyint(1)", "t": "longtext", "k": "varchar(128)",
              "d": "datetime(3)"},
    "postgres": {"i": "bigint", "b": "boolean", "t": "text", "k": "varchar(128)",
                 "d": "timestamptz"},
}  # fmt: skip
_LEFT_OUT = {
    "one-api": {
        "users": ("deleted_at", "aff_quota", "created_at", "remark"),
        "tokens": ("model_limits_enabled", "model_limits", "allow_ips", "group", "deleted_at"),
        "channels": ("tag", "setting", "param_override", "header_override",
                     "openai_organization", "status_code_mapping", "channel_info"),
        "redemptions": ("deleted_at", "expired_time"),
        "logs": ("token_id", "group", "ip"),
    }
}  # fmt: skip
_MORE = {"one-api": {"tokens": {"models": "t", "subnet": "t"}}}


class Foreign:
    """dsn: for `waystation import`."""

    def __init__(self, dsn: str, system: str = "new-api") -> None:
        self.dsn = dsn
        self.system = system
        self.kind = "sqlite"
        if dsn.startswith("mysql://"):
            self.kind = "mysql"
        elif dsn.startswith("postgresql://"):
            self.kind = "postgres"

    def columns(self, table: str) -> dict[str, str]:
        gone = _LEFT_OUT.get(self.system, {}).get(table, ())
        kept = {name: kind for name, kind in TABLES[table].items() if name not in gone}
        return kept | _MORE.get(self.system, {}).get(table, {})

    def make(self) -> None:
        types = _TYPES[self.kind]
        for table in TABLES:
            columns = ", ".join(
                f"{self._quoted(name)} {types[kind]}" for name, kind in self.columns(table).items()
            )
            self.run(f"CREATE TABLE {table} ({columns})")

    def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Each row has the columns of the first."""
        names = [name for name in rows[0] if name in self.columns(table)]
        shown = ", ".join(map(self._quoted, names))
        marks = ", ".join("?" for _ in names)
        values = [tuple(self._stored(row[name]) for name in names) for row in rows]
        self.run(f"INSERT INTO {table} ({shown}) VALUES ({marks})", values)

    def _stored(self, value: Any) -> Any:
        """SQLite has no times: such a system's driver writes them as texts there."""
        is_text = self.kind == "sqlite" and isinstance(value, datetime)
        return value.isoformat(" ") if is_text else value

    def run(self, statement: str, values: Sequence[tuple[Any, ...]] | None = None) -> None:
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(self.dsn)) as connection, connection:
                if values is None:
                    connection.execute(statement)
                else:
                    connection.executemany(statement, values)
        elif self.kind == "mysql":
            connection = pymysql.connect(**mysql_place(self.dsn), autocommit=True)
            sql = statement.replace("?", "%s")
            with connection.cursor() as cursor:
                cursor.execute(sql) if values is None else cursor.executemany(sql, values)
            connection.close()
        else:
            asyncio.run(self._postgres(statement, values))

    async def _postgres(self, statement: str, values: Sequence[tuple[Any, ...]] | None) -> None:
        connection = await asyncpg.connect(self.dsn)
        for at in range(1, statement.count("?") + 1):
            statement = statement.replace("?", f"${at}", 1)
        if values is None:
            await connection.execute(statement)
        else:
            await connection.executemany(statement, values)
        await connection.close()

    def _quoted(self, name: str) -> str:
        return f"`{name}`" if self.kind == "mysql" else f'"{name}"'


def user(id: int, name: str, **more: Any) -> dict[str, Any]:
    usual = {
        "id": id, "username": name, "password": BCRYPT, "display_name": name.title(), "role": 1,
        "status": 1, "email": "", "quota": 500_000, "used_quota": 0, "group": "default",
        "aff_quota": 0, "deleted_at": None, "created_at": 1_700_000_000, "remark": "",
    }  # fmt: skip
    return usual | more


def token(id: int, user_id: int, key: str, **more: Any) -> dict[str, Any]:
    usual = {
        "id": id, "user_id": user_id, "key": key, "status": 1, "name": "main",
        "created_time": 1_700_000_000, "expired_time": -1, "remain_quota": 0,
        "unlimited_quota": True, "used_quota": 0, "model_limits_enabled": False,
        "model_limits": "", "allow_ips": "", "group": "", "deleted_at": None, "models": "",
        "subnet": "",
    }  # fmt: skip
    return usual | more


def channel(id: int, type: int, key: str, **more: Any) -> dict[str, Any]:
    usual = {
        "id": id, "type": type, "key": key, "status": 1, "name": f"channel {id}", "weight": 0,
        "base_url": "", "other": "", "models": "gpt-4o,gpt-4o-mini", "group": "default",
        "model_mapping": "", "priority": 0, "tag": "", "setting": "", "param_override": "",
        "header_override": "", "openai_organization": "", "status_code_mapping": "",
        "channel_info": "{}",
    }  # fmt: skip
    return usual | more


def code(id: int, key: str, **more: Any) -> dict[str, Any]:
    usual = {
        "id": id, "user_id": 1, "key": key, "status": 1, "name": "spring", "quota": 1_000_000,
        "created_time": 1_700_000_000, "redeemed_time": 0, "used_user_id": 0, "expired_time": 0,
        "deleted_at": None,
    }  # fmt: skip
    return usual | more


def log(id: int, user_id: int, quota: int, created_at: int, **more: Any) -> dict[str, Any]:
    usual = {
        "id": id, "user_id": user_id, "created_at": created_at, "type": 2, "username": "",
        "token_name": "main", "model_name": "gpt-4o", "quota": quota, "prompt_tokens": 1200,
        "completion_tokens": 80, "use_time": 3, "is_stream": True, "channel_id": 1, "token_id": 1,
        "group": "default", "ip": "",
    }  # fmt: skip
    return usual | more


def sqlite_place(folder: Path) -> str:
    return str(folder / "one-api.db")
