"""gcui-art's suno-api: songs by their ids, in words of its own; lyrics at once."""

from waystation.upstream.vendors.vendor import Vendor

SUNO_SONGS = Vendor(
    name="suno-songs",
    title="suno-api (gcui-art)",
    auth="none",
    dialect="suno",
    paths={
        "suno_music": "/api/custom_generate",
        "suno_description": "/api/generate",
        "suno_extend": "/api/extend_audio",
        "suno_concat": "/api/concat",
        "suno_lyrics": "/api/generate_lyrics",
        "suno_songs": "/api/get?ids={ids}",
    },
    needs_key=False,
    documentation="https://github.com/gcui-art/suno-api",
    checked="2026-11-22",
)
