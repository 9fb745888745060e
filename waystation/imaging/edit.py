"""What the demo does with given pictures and a prompt: paints into a hole, recolours, combines."""

from PIL import Image

from waystation.imaging.alter import combine, recolour
from waystation.imaging.picture import BadPicture
from waystation.imaging.scene.backdrop import SKIES, pattern
from waystation.imaging.scene.draw import draw, place_things
from waystation.imaging.scene.prompt import Plan, colours_of, read
from waystation.imaging.scene.words import COLOURS, Rgb
from waystation.imaging.seeds import seed_of

_PATTERN_SHARE = 0.06


def edit(
    images: list[Image.Image],
    prompt: str,
    mask: Image.Image | None = None,
    seed: int = 0,
    number: int = 0,
) -> Image.Image:
    """images: at least one; the first is the one that is edited. mask: wholly transparent where it
    may change; its other pixels then stay as they are. Without one, the first picture's own holes
    are filled; without holes, the whole is recoloured and gets what the prompt names. Further
    pictures appear in what is new. Raises BadPicture for a mask of another size."""
    base = images[0]
    hole = _hole(base, mask)
    if hole is not None and hole.getbbox() is not None:
        return _filled(base, images[1:], hole, prompt, seed, number)
    if mask is not None:
        return base.copy()  # nothing of it may change
    if len(images) > 1:
        return _changed(combine(images, base.size), prompt, seed, number, share=0.25)
    return _changed(base, prompt, seed, number, share=0.6)


def _hole(base: Image.Image, mask: Image.Image | None) -> Image.Image | None:
    """L, white where the picture may change; None without any word on it."""
    source = mask if mask is not None else base
    if source.size != base.size:
        told = f"the mask is {source.width}x{source.height}"
        raise BadPicture("mismatch", f"{told}, the picture {base.width}x{base.height}")
    if source.mode != "RGBA":
        return None
    return source.getchannel("A").point(lambda value: 0 if value else 255)


def _filled(
    base: Image.Image,
    others: list[Image.Image],
    hole: Image.Image,
    prompt: str,
    seed: int,
    number: int,
) -> Image.Image:
    """A scene as large as the hole's box, seen through the hole."""
    left, top, right, bottom = hole.getbbox() or (0, 0, *base.size)
    size = right - left, bottom - top
    scene = draw(prompt, size, seed, number, marked=False)
    if others:
        scene = Image.blend(scene, combine(others, size).convert("RGB"), 0.5)
    out = base.copy()
    out.paste(scene.convert(base.mode), (left, top), hole.crop((left, top, right, bottom)))
    return out


def _changed(base: Image.Image, prompt: str, seed: int, number: int, share: float) -> Image.Image:
    key = f"{seed}/{number}/{prompt}"
    plan = read(prompt)
    out = recolour(base, _tone(plan, key), share)
    soft = Image.blend(out.convert("RGB"), pattern(out.size, key), _PATTERN_SHARE)
    if out.mode == "RGBA":
        soft = soft.convert("RGBA")
        soft.putalpha(out.getchannel("A"))
    place_things(soft, plan, key)
    return soft


def _tone(plan: Plan, key: str) -> Rgb:
    """The colour that the prompt speaks of, or one that follows from it."""
    if plan.tints:
        return COLOURS[plan.tints[0]]
    if plan.sky is not None:
        return SKIES[plan.sky][1]
    named = colours_of(plan)
    names = sorted(COLOURS)
    return COLOURS[named[0] if named else names[seed_of(key) % len(names)]]
