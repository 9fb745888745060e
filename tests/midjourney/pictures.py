"""Small pictures for bodies."""

import base64
from io import BytesIO

from PIL import Image


def png(colour: str = "teal", size: tuple[int, int] = (8, 8)) -> bytes:
    made = BytesIO()
    Image.new("RGB", size, colour).save(made, "PNG")
    return made.getvalue()


def bare(colour: str = "teal") -> str:
    return base64.b64encode(png(colour)).decode()


def data_url(colour: str = "teal") -> str:
    return f"data:image/png;base64,{bare(colour)}"
