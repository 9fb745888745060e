"""SunoAI-API's Suno-API: songs by their ids, in Suno's own words. It asks for no key by itself."""

from waystation.upstream.vendors.vendor import Vendor

SUNO_API = Vendor(
    name="suno-api",
    title="Suno-API (feed)",
    auth="none",
    dialect="suno",
    paths={
        "suno_music": "/generate",
        "suno_description": "/generate/description-mode",
        "suno_lyrics": "/generate/lyrics/",
        "suno_concat": "/generate/concat/",
        "suno_feed": "/feed/{ids}",
        "suno_words": "/lyrics/{id}",
    },
    needs_key=False,
    documentation="https://github.com/SunoAI-API/Suno-API",
    checked="2026-11-22",
)
