"""Figures of the settings in descriptions: `{{picture_bytes_max}}` becomes the deployment's own."""

import re
from typing import Any

from waystation.settings import Settings

_NAMED = re.compile(r"\{\{(\w+)\}\}")
EXAMPLE_URL = "https://relay.example"
"""The deployment's address in examples, where nobody has said another."""
_UNITS = ("bytes", "KiB", "MiB", "GiB")


def cap_text(settings: Settings, name: str, chinese: bool = False) -> str:
    """As people read it: 25 MiB, 180 s, 30 days, 64,000,000."""
    value = getattr(settings, name)
    if "_bytes" in name:
        return bytes_text(value)
    if "_seconds" in name:
        return f"{value:g} 秒" if chinese else f"{value:g} s"
    if "_days" in name and not value:
        return "永久" if chinese else "for ever"
    if "_days" in name:
        return f"{value} 天" if chinese else f"{value} days"
    return f"{value:,}" if isinstance(value, int) else str(value)


def bytes_text(count: float) -> str:
    unit = 0
    while count >= 1024 and unit < len(_UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return f"{count:.4g} {_UNITS[unit]}"


def filled(node: Any, settings: Settings, base_url: str, chinese: bool = False) -> Any:
    """The same with every figure in its place; texts under `x-…-zh` in Chinese. base_url: what
    `{{base_url}}` stands for."""
    if isinstance(node, dict):
        told = {key: chinese or str(key).endswith("-zh") for key in node}
        return {key: filled(each, settings, base_url, told[key]) for key, each in node.items()}
    if isinstance(node, list):
        return [filled(each, settings, base_url, chinese) for each in node]
    if isinstance(node, str):
        if "{{" in node:
            node = filled_text(node, settings, base_url, chinese)
        return node.replace(EXAMPLE_URL, base_url)
    return node


def filled_text(text: str, settings: Settings, base_url: str, chinese: bool) -> str:
    def shown(found: re.Match[str]) -> str:
        return base_url if found[1] == "base_url" else cap_text(settings, found[1], chinese)

    return _NAMED.sub(shown, text)
