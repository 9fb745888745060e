"""Models that are part of an address: a name, and nothing that leads elsewhere."""

import re

from waystation.upstream.pictures.knobs import refused

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def segment(model: str) -> str:
    """The name as one segment of a path. Raises AttemptFailed (400)."""
    if _NAME.fullmatch(model) is None:
        raise refused("model", "this is no name of a model here")
    return model
