"""A face put from one picture into another, without a model: where skin is, near the upper middle.

It finds a plausible place, not a person: enough for a demo, and the same every time.
"""

import math

from PIL import Image, ImageDraw, ImageFilter, ImageStat

from waystation.imaging.picture import Box, encode, flat, open_picture

_SIDE = 48
_SKIN_CB, _SKIN_CR = (77, 116), (137, 176)
_SKIN_LIGHT_MIN = 50
_SHARES = (0.1, 0.13, 0.18, 0.25, 0.34, 0.46)
_SKIN_MIN = 0.45
_TALL = 1.25
_PRIOR_WEIGHT = 0.35
_AROUND_WEIGHT = 1.0
_FEATHER_SHARE = 0.09


def swap_face_region(source: bytes, target: bytes) -> bytes:
    """PNG of the target's size with the source's face where the target's is; outside that place
    every pixel stays. Raises BadPicture."""
    face, picture = flat(open_picture(source)), open_picture(target)
    box = find_face(flat(picture))
    size = box[2] - box[0], box[3] - box[1]
    piece = face.crop(find_face(face)).resize(size, Image.Resampling.LANCZOS)
    piece = _lit_like(piece, flat(picture).crop(box))
    picture.paste(piece.convert(picture.mode), box[:2], _oval(size))
    return encode(picture)


def find_face(image: Image.Image) -> Box:
    """Where a face most likely is: much skin inside, little around it, near the upper middle.
    Without any skin, the upper middle."""
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    sums = _summed(_skin(small))
    best, box = 0.0, None
    for share in _SHARES:
        for one in _windows(image.size, share):
            score = _score(sums, one)
            if score > best:
                best, box = score, one
    if box is None:
        box = _SIDE * 3 // 10, _SIDE // 8, _SIDE * 7 // 10, _SIDE * 5 // 8
    wide, high = image.width / _SIDE, image.height / _SIDE
    left, top, right, bottom = box
    return (
        int(left * wide),
        int(top * high),
        max(int(right * wide), int(left * wide) + 1),
        max(int(bottom * high), int(top * high) + 1),
    )


def _skin(small: Image.Image) -> list[int]:
    """1 where a pixel has the colour of skin."""
    data = small.convert("YCbCr").tobytes()
    return [
        int(
            data[at] >= _SKIN_LIGHT_MIN
            and _SKIN_CB[0] <= data[at + 1] <= _SKIN_CB[1]
            and _SKIN_CR[0] <= data[at + 2] <= _SKIN_CR[1]
        )
        for at in range(0, len(data), 3)
    ]


def _summed(cells: list[int]) -> list[list[int]]:
    """Sums over all cells above and left of each corner."""
    sums = [[0] * (_SIDE + 1)]
    for row in range(_SIDE):
        line, total = [0], 0
        for column in range(_SIDE):
            total += cells[row * _SIDE + column]
            line.append(sums[row][column + 1] + total)
        sums.append(line)
    return sums


def _windows(size: tuple[int, int], share: float) -> list[Box]:
    """Upright boxes of about this share of the picture, every second cell."""
    pixels = min(size) * share
    wide = max(3, round(pixels / size[0] * _SIDE))
    high = max(3, min(_SIDE, round(pixels * _TALL / size[1] * _SIDE)))
    return [
        (left, top, left + wide, top + high)
        for top in range(0, _SIDE - high + 1, 2)
        for left in range(0, _SIDE - wide + 1, 2)
    ]


def _score(sums: list[list[int]], box: Box) -> float:
    """0 without enough skin."""
    left, top, right, bottom = box
    area = (right - left) * (bottom - top)
    inside = _within(sums, box)
    if inside < area * _SKIN_MIN:
        return 0.0
    grown = (max(left - 2, 0), max(top - 2, 0), min(right + 2, _SIDE), min(bottom + 2, _SIDE))
    around = _within(sums, grown) - inside
    ring = max((grown[2] - grown[0]) * (grown[3] - grown[1]) - area, 1)
    off_centre = abs((left + right) / 2 - _SIDE / 2) / (_SIDE / 2)
    low = max(0.0, (top + bottom) / 2 / _SIDE - 0.4)
    size = math.sqrt(area) / _SIDE
    return (
        inside / area
        - _AROUND_WEIGHT * around / ring
        + 0.6 * size
        - _PRIOR_WEIGHT * (off_centre + low)
    )


def _within(sums: list[list[int]], box: Box) -> int:
    left, top, right, bottom = box
    return sums[bottom][right] - sums[top][right] - sums[bottom][left] + sums[top][left]


def _lit_like(piece: Image.Image, place: Image.Image) -> Image.Image:
    """Its mean brightness brought half-way to that of where it goes."""
    own, there = (ImageStat.Stat(one.convert("L")).mean[0] for one in (piece, place))
    factor = 1 + 0.5 * (max(there, 1.0) / max(own, 1.0) - 1)
    factor = max(0.6, min(factor, 1.6))
    return piece.point(lambda value: min(255, round(value * factor)))


def _oval(size: tuple[int, int]) -> Image.Image:
    """Soft towards its edge, and nothing outside its box."""
    feather = max(1.0, min(size) * _FEATHER_SHARE)
    mask = Image.new("L", size)
    inset = 2 * feather
    right, bottom = max(inset + 1, size[0] - 1 - inset), max(inset + 1, size[1] - 1 - inset)
    ImageDraw.Draw(mask).ellipse([inset, inset, right, bottom], fill=255)
    return mask.filter(ImageFilter.GaussianBlur(feather / 2))
