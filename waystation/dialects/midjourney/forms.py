"""The pages of the family, each body read into a Job. Raises Declined (200) and Fault (400)."""

from collections.abc import Callable, Mapping
from typing import Any

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.actions import FACES, bot_of
from waystation.dialects.midjourney.body import Body
from waystation.dialects.midjourney.custom_id import Press, read_custom_id
from waystation.dialects.midjourney.job import Job, Source
from waystation.dialects.midjourney.outcome import invalid
from waystation.dialects.midjourney.picture import is_link, read_picture
from waystation.dialects.midjourney.prompt import PROMPT_CHARACTERS_MAX, without_speed
from waystation.dialects.midjourney.speed import Mode, mode_of

STATE_CHARACTERS_MAX = 255
HOOK_CHARACTERS_MAX = 2000
PICTURES_MAX = 10
BLEND_MIN, BLEND_MAX = 2, 5
_DIMENSIONS = ("PORTRAIT", "SQUARE", "LANDSCAPE")
_ZH = ("zh", "zh_cn", "zh-cn")


def imagine(document: bytes, path_mode: Mode) -> Job:
    body = Body(document)
    prompt, mode = _prompt(body, path_mode)
    if not prompt:
        raise invalid(texts.PROMPT_MISSING)
    written = body.strings("base64Array") or body.strings("base64")
    return Job(
        page="imagine",
        action="IMAGINE",
        bot_type=bot_of(body.text("botType")),
        mode=mode,
        prompt=prompt,
        pictures=_pictures(written, texts.BASE64_BAD, PICTURES_MAX),
        **_common(body),
    )


def blend(document: bytes, path_mode: Mode) -> Job:
    body = Body(document)
    written = body.strings("base64Array")
    if not BLEND_MIN <= len(written) <= BLEND_MAX:
        raise invalid(texts.BLEND_COUNT)
    dimensions = body.text("dimensions").strip().upper() or "SQUARE"
    if dimensions not in _DIMENSIONS:
        raise invalid(texts.DIMENSIONS_BAD)
    return Job(
        page="blend",
        action="BLEND",
        bot_type=bot_of(body.text("botType")),
        mode=_mode(body, path_mode),
        pictures=_pictures(written, texts.BASE64_BAD, BLEND_MAX),
        dimensions=dimensions,
        **_common(body),
    )


def describe(document: bytes, path_mode: Mode) -> Job:
    body = Body(document)
    link, base64 = body.text("link").strip(), body.text("base64").strip()
    if not link and not base64:
        raise invalid(texts.DESCRIBE_EMPTY)
    if not base64 and not is_link(link):
        raise invalid(texts.LINK_BAD)
    language = body.text("language").lower()
    return Job(
        page="describe",
        action="DESCRIBE",
        bot_type=bot_of(body.text("botType")),
        mode=_mode(body, path_mode),
        pictures=(_picture(base64 or link, texts.BASE64_BAD),),
        language="zh" if language in _ZH else "",
        **_common(body),
    )


def shorten(document: bytes, path_mode: Mode) -> Job:
    body = Body(document)
    prompt, mode = _prompt(body, path_mode)
    if not prompt:
        raise invalid(texts.PROMPT_MISSING)
    bot = bot_of(body.text("botType"))
    return Job(
        page="shorten", action="SHORTEN", bot_type=bot, mode=mode, prompt=prompt, **_common(body)
    )


def action(document: bytes, path_mode: Mode) -> Job:
    """The action itself depends on the parent's buttons when its verb is none that we know: then
    it is "ACTION", for the caller of this to judge."""
    body = Body(document)
    parent_id, custom_id = body.text("taskId").strip(), body.text("customId").strip()
    if not parent_id or not custom_id:
        raise invalid(texts.PARAMETERS_BAD)
    press = read_custom_id(custom_id) or Press(action="ACTION", verb="")
    remix = body.flag("enableRemix")
    return Job(
        page="action",
        action=press.action,
        mode=path_mode,
        parent_id=parent_id,
        custom_id=custom_id,
        index=press.index,
        opens=press.opens or (bool(remix) and press.remixes),
        choose_same_channel=body.flag("chooseSameChannel"),
        enable_remix=remix,
        **_common(body),
    )


def modal(document: bytes, path_mode: Mode) -> Job:
    """Of the window that parent_id names; action and prompt may be left to that task."""
    body = Body(document)
    task_id = body.text("taskId").strip()
    if not task_id:
        raise invalid(texts.TASK_ID_MISSING)
    prompt, mode = _prompt(body, path_mode)
    mask = body.text("maskBase64").strip()
    return Job(
        page="modal",
        action="MODAL",
        mode=mode,
        prompt=prompt,
        parent_id=task_id,
        mask=_picture(mask, texts.BASE64_BAD) if mask else None,
        **_common(body),
    )


def change(document: bytes, path_mode: Mode) -> Job:
    body = Body(document)
    task_id = body.text("taskId").strip()
    if not task_id:
        raise invalid(texts.TASK_ID_MISSING)
    verb = body.text("action").strip().upper()
    return _changed(task_id, verb, body.whole("index") or 0, path_mode, body)


_LETTERS = {"U": "UPSCALE", "V": "VARIATION", "R": "REROLL"}


def simple_change(document: bytes, path_mode: Mode) -> Job:
    """`<id> U2`, `<id> V3`, `<id> R`, in any case and with any blanks between."""
    body = Body(document)
    parts = body.text("content").split()
    if len(parts) != 2 or not parts[1].isascii():
        raise invalid(texts.CONTENT_BAD)
    verb, digits = _LETTERS.get(parts[1][0].upper(), ""), parts[1][1:]
    if not verb or (digits and not (digits.isdecimal() and len(digits) == 1)):
        raise invalid(texts.CONTENT_BAD)
    index = int(digits) if digits else 0
    if verb != "REROLL" and not 1 <= index <= 4:
        raise invalid(texts.CONTENT_BAD)
    return _changed(parts[0], verb, index, path_mode, body)


def _changed(task_id: str, verb: str, index: int, mode: Mode, body: Body) -> Job:
    if verb not in ("UPSCALE", "VARIATION", "REROLL"):
        raise invalid(texts.ACTION_BAD)
    if verb != "REROLL" and not 1 <= index <= 4:
        raise invalid(texts.INDEX_BAD)
    return Job(
        page="change",
        action=verb,
        mode=mode,
        parent_id=task_id,
        index=0 if verb == "REROLL" else index,
        **_common(body),
    )


def swap_face(document: bytes, path_mode: Mode) -> Job:
    body = Body(document)
    face = (body.text("sourceBase64") or body.text("sourceUrl")).strip()
    target = (body.text("targetBase64") or body.text("targetUrl")).strip()
    if not face:
        raise invalid(texts.FACE_MISSING)
    if not target:
        raise invalid(texts.TARGET_MISSING)
    if face == target:
        raise invalid(texts.FACE_SAME)
    pictures = (
        _picture(face, texts.FACE_BAD, texts.FACE_LARGE),
        _picture(target, texts.TARGET_BAD, texts.TARGET_LARGE),
    )
    if pictures[0] == pictures[1]:
        raise invalid(texts.FACE_SAME)
    return Job(
        page="swap_face",
        action="SWAP_FACE",
        bot_type=FACES,
        mode=path_mode,
        pictures=pictures,
        **_common(body),
    )


def upload(document: bytes, path_mode: Mode) -> Job:
    body = Body(document)
    written = body.strings("base64Array") or body.strings("base64")
    if not written:
        raise invalid(texts.BASE64_PARAMETER)
    pictures = _pictures(written, texts.BASE64_PARAMETER, PICTURES_MAX)
    return Job(page="upload", action="UPLOAD", mode=path_mode, pictures=pictures, **_common(body))


def edits(document: bytes, path_mode: Mode) -> Job:
    return _edited(document, path_mode, "edits", "EDITS")


def retexture(document: bytes, path_mode: Mode) -> Job:
    return _edited(document, path_mode, "retexture", "RETEXTURE")


def _edited(document: bytes, path_mode: Mode, page: str, name: str) -> Job:
    body = Body(document)
    prompt, mode = _prompt(body, path_mode)
    image, mask = body.text("image").strip(), body.text("maskBase64").strip()
    if not prompt or not image:
        raise invalid(texts.EDIT_EMPTY)
    return Job(
        page=page,
        action=name,
        bot_type=bot_of(body.text("botType")),
        mode=mode,
        prompt=prompt,
        pictures=(_picture(image, texts.BASE64_BAD),),
        mask=_picture(mask, texts.BASE64_BAD) if mask else None,
        **_common(body),
    )


def video(document: bytes, path_mode: Mode) -> Job:
    Body(document)
    raise invalid(texts.VIDEO_OFF)


Form = Callable[[bytes, Mode], Job]
FORMS: Mapping[str, Form] = {
    "/submit/imagine": imagine,
    "/submit/blend": blend,
    "/submit/describe": describe,
    "/submit/shorten": shorten,
    "/submit/action": action,
    "/submit/modal": modal,
    "/submit/change": change,
    "/submit/simple-change": simple_change,
    "/submit/upload-discord-images": upload,
    "/submit/edits": edits,
    "/submit/edit": edits,
    "/submit/retexture": retexture,
    "/submit/video": video,
    "/insight-face/swap": swap_face,
}
"""By their address below a speed's prefix."""


# ---- what the pages share ----------------------------------------------------------------------


def _common(body: Body) -> dict[str, Any]:
    state, hook = body.text("state"), body.text("notifyHook").strip()
    if len(state) > STATE_CHARACTERS_MAX:
        raise invalid(texts.STATE_LONG)
    if hook == "0":
        hook = ""
    if len(hook) > HOOK_CHARACTERS_MAX or (hook and not is_link(hook)):
        raise invalid(texts.HOOK_BAD)
    return {"state": state, "notify_hook": hook}


def _prompt(body: Body, path_mode: Mode) -> tuple[str, Mode]:
    """Trimmed; where the address or the account filter decides, without its own speed flag."""
    prompt = body.text("prompt").strip()
    if len(prompt) > PROMPT_CHARACTERS_MAX:
        raise invalid(texts.PROMPT_LONG)
    stripped, flag = without_speed(prompt)
    decided = _mode(body, path_mode)
    return (stripped, decided) if decided else (prompt, flag)


def _mode(body: Body, path_mode: Mode) -> Mode:
    if path_mode:
        return path_mode
    modes = body.object("accountFilter").get("modes")
    return mode_of(modes[0]) if isinstance(modes, list) and modes else ""


def _pictures(written: tuple[str, ...], bad: str, most: int) -> tuple[Source, ...]:
    if len(written) > most:
        raise invalid(bad)
    return tuple(_picture(each, bad) for each in written)


def _picture(written: str, bad: str, large: str = "") -> Source:
    picture = read_picture(written, bad, large or bad)
    if picture.link:
        return Source(link=picture.link)
    return Source(data=picture.data, content_type=picture.content_type)
