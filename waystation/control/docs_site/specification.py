"""Looking things up in the deployment's OpenAPI document."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from waystation.control.docs_site.tree.page import Language
from waystation.control.openapi import build_document
from waystation.settings import Settings

Node = dict[str, Any]


class Specification:
    """base_url: of this deployment, without a final slash. settings: whose figures stand in it."""

    def __init__(self, base_url: str, settings: Settings) -> None:
        self.base_url = base_url.rstrip("/")
        self.settings = settings
        self.document = build_document(self.base_url, settings)
        self._operations = {
            operation["operationId"]: (method, path, operation)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
        }

    def operation(self, name: str) -> tuple[str, str, Node]:
        """(method, path, operation)."""
        return self._operations[name]

    def schema(self, name: str) -> Node:
        found: Node = self.document["components"]["schemas"][name]
        return found

    def resolved(self, node: Node) -> Node:
        while "$ref" in node:
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def media(self, name: str) -> Iterator[tuple[str, str, Node]]:
        """(status, media type, media object) of an operation's replies."""
        for status, reply in self._operations[name][2]["responses"].items():
            for media, made in self.resolved(reply).get("content", {}).items():
                yield status, media, made


@lru_cache(maxsize=4)
def specification(base_url: str, settings: Settings) -> Specification:
    return Specification(base_url, settings)


def described(node: Node, language: Language, field: str = "description") -> str:
    """The text in the reader's language."""
    chinese = node.get(f"x-{field}-zh")
    text = chinese if language == "zh" and chinese else node.get(field, "")
    return str(text)
