"""A form with pictures."""

from collections.abc import Sequence

from waystation.dialects.pictures.order import PictureInput
from waystation.upstream import form_body

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


class FormBody(form_body.FormBody):
    """fields: (name, text or picture) in order, names repeat as they like."""

    def __init__(self, fields: Sequence[tuple[str, str | PictureInput]]) -> None:
        super().__init__([(name, _value(value, at)) for at, (name, value) in enumerate(fields)])


def _value(value: str | PictureInput, position: int) -> str | form_body.FormFile:
    if isinstance(value, str):
        return value
    # The caller's file name is nobody's business here.
    ending = _EXTENSIONS.get(value.content_type, "bin")
    return form_body.FormFile(value.data, value.content_type, f"picture{position}.{ending}")
