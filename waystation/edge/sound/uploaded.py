"""A file, of a form or at an address, that must be a sound, and how long it is."""

import asyncio
import re
from pathlib import PurePosixPath

from waystation.artefacts.media_types import HEARD
from waystation.dialects.gpts.addresses import name_of
from waystation.dialects.sound.hearing import SoundFile
from waystation.edge.site import Site
from waystation.edge.upload_form import Upload
from waystation.errors import Fault
from waystation.kernel.spool import Spool
from waystation.sound.containers import HEAD_BYTES, Container, container_of
from waystation.sound.duration import measure
from waystation.sound.pcm import BadSound
from waystation.upstream.fetching import Wanted

NAME_CHARACTERS_MOST = 120
_SAID = re.compile(r"(?:audio|video)/[a-z0-9.+_-]{1,60}")
"""What is handed on stands in a header: no line may end in it."""
_ENDINGS = {
    "flac": ("flac",),
    "mp3": ("mp3", "mpga", "mpeg"),
    "mp4": ("mp4", "m4a"),
    "mpeg": ("mpeg", "mpg"),
    "ogg": ("ogg", "oga", "opus"),
    "wav": ("wav",),
    "webm": ("webm", "mkv"),
    "aac": ("aac", "m4a"),
}
_TYPES = {
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "mp4": "audio/mp4",
    "mpeg": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "webm": "audio/webm",
    "aac": "audio/aac",
}


def uploaded_sound(upload: Upload) -> SoundFile:
    """Raises Fault (400) for what is no sound, whatever its header says."""
    if upload.field != "file":
        reason = "no file is expected here; send the sound as file"
        raise Fault("invalid_value", param=upload.field[:60], reason=reason)
    found = container_of(upload.data.read(HEAD_BYTES))
    if found is None:
        reason = "it is none of flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav and webm"
        raise Fault("invalid_audio", param="file", reason=reason if len(upload.data) else "empty")
    said = upload.content_type
    content_type = said if _SAID.fullmatch(said) else _TYPES[found.name]
    return SoundFile(upload.data, content_type, _name(upload.name, found))


async def fetched_sound(site: Site, url: str) -> SoundFile:
    """What lies at a caller's address. Raises Fault (400)."""
    most = site.settings.sound_bytes_max
    found = await site.fetcher.fetch(url, Wanted("caller", types=HEARD, bytes_max=most))
    data = Spool()
    data.write(found.data)
    name = "" if url[:5].lower() == "data:" else name_of(url)
    return uploaded_sound(Upload("file", data, name, found.media_type.name))


def _name(given: str, found: Container) -> str:
    """The caller's, without its folders; with an ending that upstreams know it by."""
    endings = _ENDINGS[found.name]
    name = PurePosixPath(given.replace("\\", "/")).name
    name = "".join(one for one in name if one.isprintable())[-NAME_CHARACTERS_MOST:] or "audio"
    if name.lower().endswith(tuple(f".{ending}" for ending in endings)):
        return name
    return f"{name}.{endings[0]}"


async def seconds_of(site: Site, file: SoundFile) -> float:
    """Raises Fault (400)."""
    most = site.settings.sound_seconds_max
    async with site.sound_turns:
        try:
            found = await asyncio.to_thread(measure, file.data, most)
        except BadSound as bad:
            raise Fault("invalid_audio", param="file", reason=str(bad)) from None
    if found.is_longer:
        reason = f"it is longer than {most:g} seconds"
        raise Fault("invalid_audio", param="file", reason=reason)
    return found.seconds
