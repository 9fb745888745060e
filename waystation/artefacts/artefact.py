"""A stored file as everybody knows it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.artefacts.media_types import TYPES


class Artefact(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `main`. object: its name in the object store. sha256: hexadecimal. width, height:
    pixels, where the file says them. expires_ms: of this one; None: as `artefact_days` says.
    pending_ms: since when it waits to be paid for; until then no list shows it."""

    id: str
    account_id: int
    token_id: int | None = None
    request_id: str = ""
    task_id: str = ""
    kind: str
    content_type: str
    object: str
    bytes: int
    width: int | None = None
    height: int | None = None
    sha256: str
    created_ms: int
    expires_ms: int | None = None
    pending_ms: int | None = None

    @property
    def name(self) -> str:
        """`<id>.<ext>`, as it stands in links."""
        return f"{self.id}.{TYPES[self.content_type].ext}"

    @property
    def path(self) -> str:
        """Of its link; also what is signed."""
        return f"/files/{self.kind}/{self.name}"


class Page(msgspec.Struct, frozen=True):
    """artefacts: the newest first. cursor: of the next page, None: there is none."""

    artefacts: tuple[Artefact, ...]
    cursor: str | None


def shown(artefact: Artefact, url: str, expires_ms: int | None) -> dict[str, Any]:
    """As both APIs list it."""
    return {
        "id": artefact.id,
        "object": "artefact",
        "kind": artefact.kind,
        "content_type": artefact.content_type,
        "bytes": artefact.bytes,
        "width": artefact.width,
        "height": artefact.height,
        "sha256": artefact.sha256,
        "created_ms": artefact.created_ms,
        "expires_ms": expires_ms,
        "request_id": artefact.request_id or None,
        "task_id": artefact.task_id or None,
        "url": url,
    }


def shown_page(entries: Sequence[dict[str, Any]], cursor: str | None) -> dict[str, Any]:
    return {
        "object": "list",
        "data": list(entries),
        "has_more": cursor is not None,
        "next_cursor": cursor,
    }
