"""Another relay's /suno, or Suno-API's own: tasks of songs, looked up by their ids."""

from waystation.upstream.vendors.vendor import Vendor

SUNO_PAGES = {
    "suno_music": "/suno/submit/music",
    "suno_lyrics": "/suno/submit/lyrics",
    "suno_concat": "/suno/submit/concat",
    "suno_uploads": "/suno/uploads/audio-url",
    "suno_find": "/suno/fetch",
    "suno_fetch": "/suno/fetch/{id}",
}
"""suno_find: tasks by their ids."""

SUNO_RELAY = Vendor(
    name="suno-relay",
    title="Suno through a relay or Suno-API",
    dialect="suno",
    paths=SUNO_PAGES,
    documentation="https://github.com/Suno-API/Suno-API",
    checked="2026-11-22",
)
