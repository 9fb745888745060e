"""A file of a form that must be a picture."""

from waystation.artefacts.media_types import HEAD_BYTES, VISION, sniff
from waystation.dialects.pictures.order import PictureInput
from waystation.edge.upload_form import Upload
from waystation.errors import Fault


def uploaded_picture(upload: Upload) -> PictureInput:
    """Raises Fault (400) for what is no picture, whatever its header says."""
    name, spool = upload.field, upload.data
    found = sniff(spool.read(HEAD_BYTES))
    if found is None or found not in VISION:
        what = found.name if found is not None else "of an unknown type" if len(spool) else "empty"
        raise Fault("invalid_image", param=name, reason=f"it is {what}, not png, jpeg, webp or gif")
    return PictureInput(spool, found.name, f"{name.removesuffix('[]')}.{found.ext}")
