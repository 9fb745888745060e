"""Links that open a program and import its set-up. `import_links.json` says how they are written,
for the console too: client → program → `to`, the address, and `query`, whose values may be objects
that are sent as JSON (base64: wrapped in that). model: of which kind, where not any chat's.
"""

import base64
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from waystation.control.docs_site.blocks import Block, Import, Imports
from waystation.control.docs_site.models import chosen
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.sample_requests import KEY

_ASKED = {"chat": "gpt-4o", "claude": "claude-sonnet-4-5", "gemini": "gemini-2.5-pro"}


@cache
def clients() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text())
    return told


def imports(reader: Reader, client: str) -> list[Block]:
    """With a key of nobody's: the page puts the reader's there, in the browser."""
    made = []
    for program, told in clients()[client].items():
        kind = told.get("model", "chat")
        values = {
            "address": reader.base_url,
            "key": KEY,
            "model": chosen(kind, _ASKED[kind], reader.offers.names),
            "site": reader.offers.site,
            "nextChat": reader.offers.nextchat.rstrip("/"),
        }
        if "{nextChat}" not in told["to"] or values["nextChat"]:
            made.append(Import(program, import_link(told, values), told.get("base64", False)))
    return [Imports(tuple(made))] if made else []


def import_link(told: Mapping[str, Any], values: Mapping[str, str]) -> str:
    query = {}
    for name, value in told["query"].items():
        filled = _filled(value, values)
        if not isinstance(filled, str):
            filled = json.dumps(filled, ensure_ascii=False, separators=(",", ":"))
            if told.get("base64"):
                filled = base64.b64encode(filled.encode()).decode()
        query[name] = filled
    return f"{_filled(told['to'], values)}?{urlencode(query)}"


def _filled(told: Any, values: Mapping[str, str]) -> Any:
    if isinstance(told, dict):
        return {name: _filled(value, values) for name, value in told.items()}
    for name, value in values.items():
        told = told.replace(f"{{{name}}}", value)
    return told
