"""Pictures' headers, upright turning, bombs and rubbish."""

import asyncio
import io
import random
from time import thread_time

import pytest
from PIL import Image

from tests.artefacts.making import SAMPLES, SVG, picture, png_that_claims
from waystation.artefacts.media_types import DOCUMENTS, TYPES, recognised, sniff
from waystation.artefacts.media_types import SVG as SVG_TYPE
from waystation.artefacts.pictures import BadPicture, PictureFacts, Pictures, picture_facts, upright
from waystation.settings import Settings

CAP = 1_000_000
RASTER = ("png", "jpg", "webp", "gif", "avif")


def pixels(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.mark.parametrize("ext", RASTER)
def test_size_and_type_out_of_the_header(ext: str) -> None:
    facts = picture_facts(picture(ext, 20, 10), CAP)
    assert (facts.media_type.ext, facts.width, facts.height, facts.orientation) == (ext, 20, 10, 1)
    assert facts.shown_size == (20, 10)


@pytest.mark.parametrize("ext", ["png", "jpg", "webp"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_upright(ext: str, orientation: int) -> None:
    data = picture(ext, 40, 20, orientation)
    facts = picture_facts(data, CAP)
    assert facts.orientation == orientation
    assert facts.shown_size == ((20, 40) if orientation >= 5 else (40, 20))
    turned = upright(data, CAP)
    after = picture_facts(turned, CAP)
    assert (after.media_type.ext, after.orientation) == (ext, 1)
    assert (after.width, after.height) == facts.shown_size
    corner = pixels(turned).getpixel((2, 2))
    red_first = orientation in (4, 5, 6)
    assert (corner[0] > 120) == red_first, (orientation, corner)


def test_what_stands_upright_is_left_alone() -> None:
    data = picture("jpg")
    assert upright(data, CAP) is data


def test_what_moves_is_left_alone() -> None:
    frames = [Image.new("RGB", (8, 4), color) for color in ("red", "blue")]
    exif, made = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    frames[0].save(made, "WEBP", save_all=True, append_images=frames[1:], exif=exif.tobytes())
    assert picture_facts(made.getvalue(), CAP).orientation == 6
    assert upright(made.getvalue(), CAP) == made.getvalue()


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_none(orientation: int) -> None:
    data = picture("jpg", orientation=orientation)
    assert picture_facts(data, CAP).orientation == 1
    assert upright(data, CAP) is data


@pytest.mark.parametrize(
    ("svg", "size"),
    [
        (SVG, (30, 20)),
        (b'<?xml version="1.0"?><!-- x --><svg height="2.5px" width="7"/>', (7, 2)),
        (b'<svg viewBox="0 0 64.5 48">', (64, 48)),
        (b'<svg width="100%" height="100%" viewBox="-1,-1,64,48">', (64, 48)),
        (b"<svg>", (0, 0)),
    ],
)
def test_svg(svg: bytes, size: tuple[int, int]) -> None:
    assert picture_facts(svg, CAP) == PictureFacts(SVG_TYPE, *size)


@pytest.mark.parametrize("width", [1001, 30_000, 2**31 - 1])
def test_a_header_that_claims_too_much_is_refused_undecoded(width: int) -> None:
    for work in (picture_facts, upright):
        with pytest.raises(BadPicture):
            work(png_that_claims(width, 1000), CAP)


@pytest.mark.parametrize("ext", RASTER)
def test_damaged_files_are_refused_and_nothing_else_happens(ext: str) -> None:
    whole = picture(ext, 64, 64, 6 if ext in ("png", "jpg", "webp") else 1)
    dice = random.Random(7)
    for _ in range(150):
        broken = bytearray(whole[: dice.randrange(1, len(whole))])
        for _ in range(dice.randrange(4)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        for work in (picture_facts, upright):
            try:
                work(bytes(broken), CAP)
            except BadPicture:
                pass


def test_names_and_types_are_each_others() -> None:
    sought = {name for name, one in TYPES.items() if one not in DOCUMENTS}
    assert {sniff(data).name for data in SAMPLES.values()} == sought  # type: ignore[union-attr]
    assert len({one.ext for one in TYPES.values()}) == len(TYPES)


DOCUMENT_SAMPLES = {
    "application/pdf": b"%PDF-1.7\n%",
    "application/zip": b"PK\x03\x04\x14\0a.txt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": b"PK\x03\x04word/",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": b"PK\x03\x04" + b"-xl/",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (
        b"PK\x03\x04" + bytes(70_000) + b"ppt/slides"
    ),
    "text/csv": b"a,b\n1,2\n3,4\n",
    "text/plain": "说明: hello, there".encode(),
}


def test_documents_are_told_by_who_wants_them() -> None:
    named = {recognised(data, DOCUMENTS).name for data in DOCUMENT_SAMPLES.values()}  # type: ignore[union-attr]
    assert named == set(DOCUMENT_SAMPLES) == {one.name for one in DOCUMENTS}
    for name, data in DOCUMENT_SAMPLES.items():
        assert recognised(data, DOCUMENTS) == TYPES[name]
        assert sniff(data) is None
    for data in (b"<html>", b" \n<p>", b"", b"\xff\xfeh", b"a\0b", b"\x1b[0m"):
        assert recognised(data, DOCUMENTS) is None
    cut = ("é" * 4096).encode()
    assert recognised(cut[:4096] + b"\xa9", DOCUMENTS) == TYPES["text/plain"]


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00h\x00i",
        b"\xff",
        b"\xff\xe8\x00\x00",
        b"RIFF\0\0\0\0AVI ",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x00ftyp",
        b"<svgx>",
        b"<!-- <svg> --><p>",
        b"plain",
    ],
)
def test_what_has_no_type(data: bytes) -> None:
    assert sniff(data) is None


@pytest.mark.parametrize(
    "data",
    [b"<!---->" * 500, b"<!-- " * 700, b" " * 4000, b"<?xml" + b"?" * 4000],
)
def test_heads_that_would_be_tried_in_many_ways(data: bytes) -> None:
    began = thread_time()
    assert sniff(data + b"<p>") is None
    assert thread_time() - began < 0.5


def test_an_svg_behind_remarks() -> None:
    head = b'\xef\xbb\xbf\n<?xml version="1.0"?>\n<!-- a --><!-- b -->\n<!DOCTYPE svg PUBLIC "x">'
    assert sniff(head + b"<!-- c -->\n<svg/>") == sniff(b"<svg>") == sniff(b"<!----><svg ")
    assert sniff(b"<!-- a ><svg>") is None


async def test_the_same_in_threads_a_few_at_a_time() -> None:
    pictures = Pictures(Settings(picture_pixels_max=CAP))
    running, most = 0, 0

    def work(data: bytes) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        pixels(data).resize((400, 400))
        running -= 1
        return len(data)

    data = picture("jpg", 60, 40, 6)
    sizes = await asyncio.gather(*(pictures.run(work, data) for _ in range(12)))
    assert sizes == [len(data)] * 12
    assert most <= 2
    assert (await pictures.facts(data)).shown_size == (40, 60)
    assert (await pictures.facts(await pictures.upright(data))).orientation == 1
