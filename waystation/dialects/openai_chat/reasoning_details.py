"""Thoughts with their seals in chat's messages: `reasoning_details`.

Chat itself has `reasoning_content` alone, a bare text. What a vendor signed or encrypted stands
beside it in the form that several relays and clients share: a list of objects with `type`
(reasoning.text, reasoning.summary, reasoning.encrypted), `text` or `data`, `signature`, and a
`format` that names the dialect. Clients send an assistant's turn back as they got it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.dialects.ir import Opaque, Reasoning
from waystation.kernel.strictjson import raw_of

_FORMATS: Mapping[str, str] = {
    "anthropic": "anthropic-claude-v1",
    "openai_responses": "openai-responses-v1",
    "gemini": "google-gemini-v1",
}
_DIALECTS = {name: dialect for dialect, name in _FORMATS.items()}


class Detail(msgspec.Struct):
    """One entry, of any of the forms seen. thinking: of `thinking_blocks`, another relay's form,
    which is Anthropic's own block."""

    type: str = ""
    text: str | None = None
    summary: str | None = None
    data: msgspec.Raw = msgspec.Raw()
    signature: msgspec.Raw = msgspec.Raw()
    format: str | None = None
    thinking: str | None = None


def written_detail(part: Reasoning, index: int) -> dict[str, Any] | None:
    """The entry for thoughts that bear a seal, None for those that do not."""
    seal = part.seal
    if seal is None:
        return None
    written: dict[str, Any] = {"index": index, "format": _FORMATS.get(seal.dialect, seal.dialect)}
    if not part.text:
        return {"type": "reasoning.encrypted", "data": seal.value, **written}
    kind, field = ("summary", "summary") if part.is_summary else ("text", "text")
    return {"type": f"reasoning.{kind}", field: part.text, "signature": seal.value, **written}


def read_detail(detail: Detail) -> Reasoning | None:
    """Thoughts out of an entry; None for one that says nothing."""
    if detail.type == "redacted_thinking":
        block = {"type": "redacted_thinking", "data": detail.data}
        return Reasoning("", Opaque("anthropic", raw_of(block)))
    dialect = _DIALECTS.get(detail.format or "", detail.format or "anthropic")
    text = detail.text or detail.summary or detail.thinking or ""
    sealed = detail.data if detail.type == "reasoning.encrypted" else detail.signature
    is_sealed = bool(sealed) and bytes(sealed) not in (b"null", b'""')
    if not text and not is_sealed:
        return None
    seal = Opaque(dialect, sealed) if is_sealed else None
    return Reasoning(text, seal, is_summary=detail.type == "reasoning.summary")
