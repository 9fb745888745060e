"""Signatures of other vendors, taken out of what goes to Gemini itself: it refuses them."""

from typing import Any

import msgspec

from waystation.dialects.seals import MARK
from waystation.kernel.strictjson import raw_of

SEAL_MARK = MARK.encode()
_SIGNATURES = ("thoughtSignature", "thought_signature")
_decode = msgspec.json.Decoder().decode


def without_foreign(contents: msgspec.Raw) -> msgspec.Raw:
    """`contents` without those signatures, nor parts that were nothing else."""
    found = _decode(contents)
    for content in found if isinstance(found, list) else [found]:
        parts = content.get("parts") if isinstance(content, dict) else None
        if isinstance(parts, list):
            content["parts"] = [part for part in map(_cleaned, parts) if part is not None]
    return raw_of(found)


def _cleaned(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    for name in _SIGNATURES:
        signature = part.get(name)
        if isinstance(signature, str) and signature.startswith(MARK):
            part = {key: value for key, value in part.items() if key != name}
            if not part.get("text", "-"):
                return None
    return part
