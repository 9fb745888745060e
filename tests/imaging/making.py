"""Small pictures for tests, and their pixels."""

from io import BytesIO
from typing import Any

from PIL import Image

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 60), (40, 60, 210), (250, 250, 250)


def noisy(size: tuple[int, int] = (64, 48), salt: int = 0, mode: str = "RGB") -> Image.Image:
    """No two pixels alike in a row; the same for the same salt."""
    count = size[0] * size[1] * len(Image.new(mode, (1, 1)).getbands())
    data = bytes((at * 97 + salt * 31 + (at // 7) * 13) % 251 for at in range(count))
    return Image.frombytes(mode, size, data)


def data(image: Image.Image, wanted: str = "PNG", **more: Any) -> bytes:
    out = BytesIO()
    image.save(out, wanted, **more)
    return out.getvalue()


def opened(raw: bytes) -> Image.Image:
    image = Image.open(BytesIO(raw))
    image.load()
    return image


def plain(colour: tuple[int, ...], size: tuple[int, int] = (64, 64)) -> bytes:
    return data(Image.new("RGB" if len(colour) == 3 else "RGBA", size, colour))


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures seen from afar, 0 to 255."""
    first, second = (each.convert("RGB").resize((16, 16)).tobytes() for each in (one, other))
    return sum(abs(a - b) for a, b in zip(first, second, strict=True)) / len(first)
