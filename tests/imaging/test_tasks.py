"""What a task shows on its way: previews, seeds, faces."""

from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageStat

from tests.imaging.making import BLUE, GREEN, RED, data, noisy, opened, plain
from waystation.imaging.face import find_face, swap_face_region
from waystation.imaging.picture import BadPicture
from waystation.imaging.progress import progress_grid
from waystation.imaging.scene.draw import draw
from waystation.imaging.seeds import SEED_MAX, new_seed, seed_of

SKIN = (226, 178, 146)


def test_seeds() -> None:
    assert seed_of("a", 1) == seed_of("a", 1) != seed_of("a1")
    seeds = {new_seed() for _ in range(200)}
    assert len(seeds) == 200
    assert all(0 < one <= SEED_MAX for one in seeds)


def test_a_grid_on_its_way_shows_what_is_there() -> None:
    red = plain(RED, (100, 80))
    shown = opened(progress_grid([red, None, None, plain(BLUE, (100, 80))], 60))
    assert shown.size == (1024, 820)
    first, last = shown.getpixel((200, 200)), shown.getpixel((900, 700))
    mist = shown.getpixel((900, 200))
    assert first[0] > 170 > 80 > first[1]  # type: ignore[index]
    assert last[2] > 170 > 100 > last[0]  # type: ignore[index]
    assert max(mist) - min(mist) < 90  # type: ignore[arg-type, type-var, operator]
    assert progress_grid([None] * 4, 0, "a") == progress_grid([None] * 4, 0, "a")
    assert progress_grid([None] * 4, 0, "a") != progress_grid([None] * 4, 0, "b")
    with pytest.raises(BadPicture):
        progress_grid([red], 10)


def portrait(skin: tuple[int, int, int], at: tuple[int, int], radius: int = 60) -> bytes:
    image = Image.new("RGB", (400, 500), (60, 90, 70))
    x, y = at
    face = [x - radius, y - int(radius * 1.25), x + radius, y + int(radius * 1.25)]
    ImageDraw.Draw(image).ellipse(face, fill=skin)
    return data(image)


@pytest.mark.parametrize("at", [(200, 150), (110, 180), (300, 140), (200, 260)])
def test_a_face_is_found_where_skin_is(at: tuple[int, int]) -> None:
    left, top, right, bottom = find_face(opened(portrait(SKIN, at)))
    assert abs((left + right) / 2 - at[0]) < 35
    assert abs((top + bottom) / 2 - at[1]) < 40


def test_without_skin_the_upper_middle() -> None:
    left, top, right, bottom = find_face(Image.new("RGB", (400, 400), BLUE))
    assert 0 < left < 200 < right < 400
    assert top < bottom < 300


def test_a_swap_changes_the_face_and_nothing_else() -> None:
    target, source = portrait(SKIN, (200, 150)), portrait((200, 140, 110), (120, 200), 80)
    before, after = opened(target), opened(swap_face_region(source, target))
    assert after.size == before.size
    left, top, right, bottom = find_face(before)
    outside = Image.new("L", before.size, 255)
    outside.paste(0, (left, top, right, bottom))
    black = Image.new("RGB", before.size)
    for one in (before, after):
        one.paste(black, mask=Image.eval(outside, lambda value: 255 - value))
    assert before.tobytes() == after.tobytes()
    again = opened(swap_face_region(source, target))
    inside = (200, 150)
    was: Any = opened(target).getpixel(inside)
    now: Any = again.getpixel(inside)
    assert sum(abs(a - b) for a, b in zip(was, now, strict=True)) > 15
    assert swap_face_region(source, target) == swap_face_region(source, target)


def test_a_swap_is_soft_at_its_edge() -> None:
    target = data(Image.new("RGB", (300, 300), GREEN))
    out = opened(swap_face_region(data(noisy((300, 300))), target))
    left, top, right, bottom = find_face(opened(target))
    for corner in ((left, top), (right - 1, bottom - 1), (left, bottom - 1)):
        assert out.getpixel(corner) == GREEN
    assert ImageStat.Stat(out.crop((left, top, right, bottom))).stddev[0] > 5


def test_a_demo_person_can_be_swapped() -> None:
    one, other = (data(draw(p, (512, 512))) for p in ("a person at night", "a red person, snow"))
    assert opened(swap_face_region(one, other)).size == (512, 512)


@pytest.mark.parametrize("prompt", ["a red person, snow", "a person, night", "a person at dawn"])
@pytest.mark.parametrize("seed", range(8))
def test_the_face_of_a_drawn_person_is_found(prompt: str, seed: int) -> None:
    """Also before a sky that has the colour of skin itself."""
    image = draw(prompt, (512, 512), seed)
    left, top, right, bottom = find_face(image)
    face = image.crop((left, top, right, bottom)).resize((40, 50)).tobytes()
    pixels = [face[at : at + 3] for at in range(0, len(face), 3)]
    skin = sum(
        max(abs(a - b) for a, b in zip(one, (238, 196, 160), strict=True)) < 8 for one in pixels
    )
    assert skin > 0.2 * len(pixels)
