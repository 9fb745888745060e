"""One page of an account's artefacts as both APIs answer it."""

from typing import Any
from urllib.parse import parse_qs

from waystation.artefacts.artefact import shown, shown_page
from waystation.artefacts.rows import BadCursor
from waystation.artefacts.store import ArtefactStore
from waystation.errors import Fault

COUNT_DEFAULT = 20
COUNT_MAX = 100


async def list_artefacts(
    store: ArtefactStore, account_id: int, query: str, base: str
) -> dict[str, Any]:
    """The account's own, the newest first. query: raw, with `cursor` and `limit`. base: of the
    links. Raises Fault (invalid_value), StorageAway."""
    asked = parse_qs(query)
    count = _count(asked.get("limit", [str(COUNT_DEFAULT)])[0])
    try:
        page = await store.page(account_id, asked.get("cursor", [""])[0], count)
    except BadCursor:
        raise Fault("invalid_value", param="cursor", reason="not one of ours") from None
    entries = [
        shown(one, store.link(one, base), store.rows.expires_ms(one)) for one in page.artefacts
    ]
    return shown_page(entries, page.cursor)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= COUNT_MAX:
        raise Fault("invalid_value", param="limit", reason=f"1 to {COUNT_MAX}")
    return int(text)
