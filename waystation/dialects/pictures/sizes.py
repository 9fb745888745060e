"""How large an order's pictures are to be, in whichever of its fields that is said."""

import msgspec

from waystation.dialects.pictures.order import PictureOrder
from waystation.kernel.scalars import kind
from waystation.meter.areas import area_asked, area_word, larger

_WORD_BYTES_MOST = 64


def area_of(order: PictureOrder) -> str | None:
    """The larger of what `size` and `image_size` name, and so it is paid for. A word that we do
    not know stays as it is: its vendor judges it. None: neither names one."""
    told = told_area(order)
    if told is not None and area_word(told) is None:
        return told
    asked = area_asked(order.size) if order.size is not None else None
    return larger(asked, area_word(told) if told is not None else None)


def told_area(order: PictureOrder) -> str | None:
    """The field `image_size`, Google's word for the area; None: it is not there, or no word."""
    raw = order.extras.get("image_size")
    if raw is None or kind(raw) != '"' or len(raw) > _WORD_BYTES_MOST:
        return None
    return msgspec.json.decode(raw, type=str).strip() or None


def size_told(order: PictureOrder) -> str:
    """The size that the order names, as prices know it; "" for none. Where `image_size` asks for
    more than `size` does, it is what counts."""
    size = order.size
    told = told_area(order)
    if told is not None:
        area = area_word(told)
        asked = area_asked(size) if size not in (None, "auto") else None
        if area is None or asked is None or larger(area, asked) != asked:
            return area or told
    return size or ""
