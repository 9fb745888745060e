"""The addresses of tasks, under /suno, and of the façade, under /suno and /sunoapi."""

from waystation.dialects.suno.forms import (
    read_description,
    read_generate,
    read_lyrics,
    read_upload,
)
from waystation.edge.call import Handler
from waystation.edge.routes import RouteTable
from waystation.edge.site import Site
from waystation.edge.suno.desk import Desk
from waystation.edge.suno.queries import FACADE, Queries
from waystation.edge.suno.submit import DIALECT, Submit, told_id, told_lyrics_id, told_songs

PREFIXES = ("/suno", "/sunoapi")


def add_suno(table: RouteTable[Handler], site: Site) -> None:
    desk = Desk(site)
    queries = Queries(desk)
    submit = Submit(desk, DIALECT, None, told_id)
    table.add("POST", "/suno/submit/{action}", submit, "token", DIALECT)
    upload = Submit(desk, DIALECT, read_upload, told_id)
    table.add("POST", "/suno/uploads/audio-url", upload, "token", DIALECT)
    table.add("POST", "/suno/fetch", queries.find, "token", DIALECT)
    table.add("GET", "/suno/fetch/{task}", queries.fetch, "token", DIALECT)
    for prefix in PREFIXES:
        generate = Submit(desk, FACADE, read_generate, told_songs)
        table.add("POST", f"{prefix}/generate", generate, "token", FACADE)
        describe = Submit(desk, FACADE, read_description, told_songs)
        table.add("POST", f"{prefix}/generate/description-mode", describe, "token", FACADE)
        lyrics = Submit(desk, FACADE, read_lyrics, told_lyrics_id)
        table.add("POST", f"{prefix}/generate/lyrics", lyrics, "token", FACADE)
        table.add("GET", f"{prefix}/feed/{{ids}}", queries.feed, "token", FACADE)
        table.add("GET", f"{prefix}/lyrics/{{task}}", queries.lyrics, "token", FACADE)
