"""The file of the documentation, and a store to apply it to."""

from pathlib import Path

from sqlalchemy import select

from waystation.control.apply.document import Document
from waystation.control.apply.load import parse
from waystation.storage.database import Database
from waystation.storage.main import metadata

ENVIRONMENT = {"SECOND_KEY": "sk-second", "ADA_PASSWORD": "correct horse battery"}

RELAY = """\
auto_groups = ["default", "cheap"]

[[groups]]
name = "default"
rate = "1"
channels = [{ name = "stub", priority = 0, weight = 1 }]

[[groups]]
name = "cheap"
rate = "0.5"
label = "Cheap"
selectable = true
allowed_account_groups = ["vip"]
limits = { rpm = 10 }

[[channels]]
name = "stub"
vendor = "openai"
base_url = "http://127.0.0.1:9000"
allow_private = true
keys = ["sk-upstream", "env:SECOND_KEY"]
groups = ["default"]
models = ["gpt-4o-mini", "gpt-4-gizmo-*"]
model_map = { "fast" = "gpt-4o-mini" }
header_overrides = { "X-Org" = "acme" }
proxy = "socks5://user:secret@127.0.0.1:1080"

[[channels]]
name = "toy"
vendor = "demo"
groups = ["cheap"]
models = ["*"]

[[prices]]
model = "gpt-4o-mini"
input = "0.15"
cached_input = "0.075"
output = 0.60

[[prices]]
model = "gpt-4o-mini"
effective = 2027-01-01
per_call = "0.04"

[[group_rates]]
account_group = "vip"
group = "default"
rate = "0.8"

[[accounts]]
email = "Ada@Example.com"
credit = "10"

[[accounts]]
email = "bob@example.com"
group = "vip"
enabled = false

[[tokens]]
account = "ada@example.com"
name = "laptop"
groups = ["default", "cheap", "auto"]
key = "an-imported-key-of-hers-1"
models = ["gpt-*"]
allow_ips = ["192.0.2.0/24"]
expires = "2027-01-01T00:00:00Z"
budget = { total = "5", day = "1", week = "3", month = "9" }
limits = { rpm = 60, tpm = 100000, concurrency = 10 }

[[tokens]]
account = "ada@example.com"
name = "minted"
"""

WITH_PASSWORD = RELAY.replace('credit = "10"', 'credit = "10"\npassword = "env:ADA_PASSWORD"')


def document(text: str = RELAY) -> Document:
    return parse(text.encode(), Path("relay.toml"), ENVIRONMENT)


async def dump(store: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything there is, to compare."""
    async with store.read() as connection:
        return {
            table.name: [
                tuple(row)
                for row in await connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }
