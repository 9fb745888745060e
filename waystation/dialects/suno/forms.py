"""Bodies of the task pages and of the façade, read into jobs. Unknown fields are nobody's business.

Every refusal is a Fault (400) with the code that clients of this protocol know in `suno_code`.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from waystation.dialects.suno.job import Action, Job
from waystation.dialects.suno.names import asked_model
from waystation.errors import Fault
from waystation.kernel.strictjson import read_object

PROMPT_CHARACTERS_MAX = 10_000
SHORT_CHARACTERS_MAX = 2_000
IDS_MAX = 100
_SECONDS_MAX = 3_600.0

Form = Callable[[bytes], Job]
_decode = msgspec.json.Decoder().decode


def invalid(reason: str, code: str = "invalid_request", param: str = "") -> Fault:
    return Fault("invalid_request", reason=reason, param=param, extra={"suno_code": code})


class Body:
    """A JSON object by its top-level names. null and "" are as good as absent."""

    __slots__ = ("_fields",)

    def __init__(self, body: bytes) -> None:
        self._fields = read_object(body)

    def value(self, name: str) -> Any:
        raw = self._fields.get(name)
        if raw is None:
            return None
        try:
            return _decode(raw)
        except RecursionError:
            raise invalid(f"{name} is nested too deeply", param=name) from None
        except msgspec.DecodeError:  # a number beyond all bounds, somewhere inside
            raise invalid(f"{name} cannot be read", param=name) from None

    def text(self, name: str, characters_max: int = SHORT_CHARACTERS_MAX) -> str:
        value = self.value(name)
        if value is None:
            return ""
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise invalid(f"{name} must be a string", param=name)
        if len(value) > characters_max:
            raise invalid(f"{name} is longer than {characters_max} characters", param=name)
        return value.strip()

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if isinstance(value, str):
            return value.lower() == "true"
        if value is not None and not isinstance(value, bool | int):
            raise invalid(f"{name} must be true or false", param=name)
        return bool(value)

    def seconds(self, name: str) -> float:
        value = self.value(name)
        if value is None or value == "":
            return 0.0
        try:
            read = float(value) if isinstance(value, str | int | float) else None
        except (ValueError, OverflowError):
            read = None
        if read is None or isinstance(value, bool) or not 0 <= read <= _SECONDS_MAX:
            raise invalid(f"{name} must be seconds", param=name)
        return read

    def ids(self, name: str) -> list[str]:
        value = self.value(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise invalid(f"{name} must be an array of strings", param=name)
        if len(value) > IDS_MAX:
            raise invalid(f"at most {IDS_MAX} ids", param=name)
        return list(dict.fromkeys(value))


def read_music(body: bytes) -> Job:
    """In plain words, with lyrics, or going on with a song; with `clip_id`, a whole made of its
    parts."""
    return _music(Body(body))


def _music(fields: Body, description: str | None = None) -> Job:
    if fields.text("clip_id"):
        return _concat(fields)
    if description is None:
        description = fields.text("gpt_description_prompt", PROMPT_CHARACTERS_MAX)
    job = Job(
        action="MUSIC",
        description=description,
        prompt=fields.text("prompt", PROMPT_CHARACTERS_MAX),
        tags=fields.text("tags"),
        negative_tags=fields.text("negative_tags"),
        title=fields.text("title"),
        model=_model(fields),
        instrumental=fields.flag("make_instrumental"),
        clip=fields.text("continue_clip_id"),
        at=fields.seconds("continue_at"),
        parent=fields.text("task_id"),
        hook=fields.text("notify_hook"),
    )
    wordless = job.instrumental and (job.tags or job.title)
    if not (job.description or job.prompt or job.clip or wordless):
        raise invalid("prompt or gpt_description_prompt is required", "prompt_empty", "prompt")
    if job.parent and not job.clip:
        raise invalid("continue_clip_id is required with task_id", param="continue_clip_id")
    return job


def read_lyrics(body: bytes) -> Job:
    fields = Body(body)
    prompt = fields.text("prompt", PROMPT_CHARACTERS_MAX)
    if not prompt:
        raise invalid("prompt is required", "prompt_empty", "prompt")
    return Job(action="LYRICS", prompt=prompt, hook=fields.text("notify_hook"))


def read_concat(body: bytes) -> Job:
    return _concat(Body(body))


def _concat(fields: Body) -> Job:
    clip = fields.text("clip_id")
    if not clip:
        raise invalid("clip_id is required", param="clip_id")
    return Job(
        action="CONCAT",
        clip=clip,
        parent=fields.text("task_id"),
        is_infill=fields.flag("is_infill"),
        hook=fields.text("notify_hook"),
    )


def read_upload(body: bytes) -> Job:
    fields = Body(body)
    url = fields.text("url")
    if not url:
        raise invalid("url is required", param="url")
    return Job(action="UPLOAD", url=url, hook=fields.text("notify_hook"))


def read_generate(body: bytes) -> Job:
    """The façade's: lyrics, or a song that goes on."""
    return _music(Body(body))


def read_description(body: bytes) -> Job:
    """The façade's: in plain words."""
    fields = Body(body)
    description = fields.text("gpt_description_prompt", PROMPT_CHARACTERS_MAX)
    if not description:
        reason = "gpt_description_prompt is required"
        raise invalid(reason, "prompt_empty", "gpt_description_prompt")
    return _music(fields, description)


def _model(fields: Body) -> str:
    """Letters, digits, dots and the like: it becomes part of a price's name."""
    model = asked_model(fields.text("mv").lower())
    if model and not all(letter.isalnum() or letter in "-._" for letter in model):
        raise invalid("mv is no model's name", param="mv")
    if len(model) > 64:
        raise invalid("mv is no model's name", param="mv")
    return model


SUBMITS: dict[str, tuple[Action, Form]] = {
    "music": ("MUSIC", read_music),
    "lyrics": ("LYRICS", read_lyrics),
    "concat": ("CONCAT", read_concat),
}
"""The last part of /suno/submit/…, in any case of letters."""


def read_fetch(body: bytes) -> list[str]:
    """The ids that a list is asked for, each once."""
    return Body(body).ids("ids")
