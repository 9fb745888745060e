"""Pictures as Anthropic takes them: of four types, and no larger than its limit.

What is of another type is encoded anew, what is too large is scaled to the size that the models
see anyway. That takes time: `needs_fitting` is cheap, `fitted` belongs into a thread.
"""

from base64 import b64decode, b64encode
from binascii import Error
from io import BytesIO

import msgspec

from waystation.dialects.ir import Chat, Media, Message, Part, ToolResult
from waystation.errors import Fault

TYPES = frozenset(("image/png", "image/jpeg", "image/webp", "image/gif"))
BASE64_BYTES_MAX = 5 * 1024 * 1024
_EDGE_PIXELS_MAX = 1568
_PIXELS_MAX = 64_000_000
_FORMATS = ("BMP", "TIFF", "PPM", "ICO", "AVIF", "PNG", "JPEG", "WEBP", "GIF")


def needs_fitting(chat: Chat) -> bool:
    return any(_is_odd(part) for message in chat.messages for part in message.parts)


def fitted(chat: Chat) -> Chat:
    """The same with every picture as it must be. Raises Fault invalid_value (400) with its
    place."""
    messages = tuple(_fitted_message(message) for message in chat.messages)
    return msgspec.structs.replace(chat, messages=messages)


def _is_odd(part: Part) -> bool:
    if isinstance(part, ToolResult):
        return any(map(_is_odd, part.parts))
    if not isinstance(part, Media) or part.kind != "image" or not part.data:
        return False
    return part.mime not in TYPES or len(part.data) > BASE64_BYTES_MAX


def _fitted_message(message: Message) -> Message:
    if not any(map(_is_odd, message.parts)):
        return message
    return msgspec.structs.replace(message, parts=tuple(map(_fitted_part, message.parts)))


def _fitted_part(part: Part) -> Part:
    if not _is_odd(part):
        return part
    if isinstance(part, ToolResult):
        return msgspec.structs.replace(part, parts=tuple(map(_fitted_part, part.parts)))
    from PIL.Image import DecompressionBombError  # loaded when it is needed: a worker stays small

    assert isinstance(part, Media)
    try:
        mime, data = _encoded(b64decode(part.data, validate=True))
    except (Error, OSError, ValueError, SyntaxError, DecompressionBombError):
        reason = "not a picture that can be read"
        raise Fault("invalid_value", param=part.path, reason=reason) from None
    return msgspec.structs.replace(part, mime=mime, data=b64encode(data).decode())


def _encoded(raw: bytes) -> tuple[str, bytes]:
    """(media type, bytes) of the picture anew. Raises OSError, ValueError and their like."""
    from PIL import Image

    with Image.open(BytesIO(raw), formats=_FORMATS) as opened:
        if opened.width * opened.height > _PIXELS_MAX:
            raise ValueError("too many pixels")
        has_alpha = opened.has_transparency_data
        picture = opened.convert("RGBA" if has_alpha else "RGB")
    picture.thumbnail((_EDGE_PIXELS_MAX, _EDGE_PIXELS_MAX))
    out = BytesIO()
    if has_alpha:
        picture.save(out, "PNG")
        if out.tell() * 4 // 3 < BASE64_BYTES_MAX:
            return "image/png", out.getvalue()
        out = BytesIO()
        picture = picture.convert("RGB")
    picture.save(out, "JPEG", quality=88)
    return "image/jpeg", out.getvalue()
