"""Small copies, and pictures turned the way their camera meant."""

from PIL import Image

from waystation.imaging.picture import PictureFormat, encode, is_turned, open_picture


def thumbnail(data: bytes, side_max: int = 320, wanted: PictureFormat = "webp") -> bytes:
    """Its longer side at most side_max pixels; never enlarged."""
    image = open_picture(data)
    image.thumbnail((side_max, side_max), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return encode(image, wanted, 80)


def upright(data: bytes) -> bytes:
    """Turned after its EXIF orientation, as PNG; the very same bytes when there is nothing to
    turn."""
    return encode(open_picture(data)) if is_turned(data) else data
