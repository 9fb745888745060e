"""The sizes of a blend."""

from typing import Literal

from waystation.imaging.picture import Size

Dimensions = Literal["portrait", "square", "landscape"]

SIZES: dict[Dimensions, Size] = {
    "portrait": (1024, 1536),
    "square": (1024, 1024),
    "landscape": (1536, 1024),
}
