"""Small copies."""

from PIL import Image

from waystation.imaging.picture import PictureFormat, encode, open_picture


def thumbnail(data: bytes, side_max: int = 320, wanted: PictureFormat = "webp") -> bytes:
    """Its longer side at most side_max pixels; never enlarged."""
    image = open_picture(data)
    image.thumbnail((side_max, side_max), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return encode(image, wanted, 80)
