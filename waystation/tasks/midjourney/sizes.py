"""The size that image channels offer for a shape; the rest is cropped away."""

SQUARE, WIDE, TALL = "1024x1024", "1536x1024", "1024x1536"


def size_for(aspect: tuple[int, int]) -> str:
    """The nearest of the three that every channel of this sort has."""
    width, height = aspect
    if width * 4 > height * 5:
        return WIDE
    return TALL if height * 4 > width * 5 else SQUARE
