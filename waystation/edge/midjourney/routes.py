"""The family's addresses, each under every speed."""

from waystation.dialects.midjourney.forms import FORMS
from waystation.dialects.midjourney.speed import PREFIXES
from waystation.edge.call import Handler
from waystation.edge.midjourney.callbacks import Callbacks
from waystation.edge.midjourney.desk import Desk
from waystation.edge.midjourney.images import Images
from waystation.edge.midjourney.queries import Queries
from waystation.edge.midjourney.submit import DIALECT, Submit
from waystation.edge.routes import RouteTable
from waystation.edge.site import Site


def add_midjourney(table: RouteTable[Handler], site: Site) -> None:
    desk = Desk(site)
    queries, images = Queries(desk), Images(desk)
    for prefix, mode in PREFIXES.items():
        for path, form in FORMS.items():
            table.add("POST", prefix + path, Submit(desk, form, mode), "token", DIALECT)
        task = f"{prefix}/task"
        table.add("GET", f"{task}/{{task}}/fetch", queries.fetch, "token", DIALECT)
        table.add("GET", f"{task}/{{task}}/image-seed", queries.seed, "token", DIALECT)
        table.add("POST", f"{task}/{{task}}/cancel", queries.cancel, "token", DIALECT)
        for name in ("list-by-condition", "list-by-ids"):
            table.add("POST", f"{task}/{name}", queries.find, "token", DIALECT)
        table.add("GET", f"{task}/list", queries.latest, "token", DIALECT)
        table.add("GET", f"{task}/queue", queries.queue, "token", DIALECT)
        table.add("GET", f"{prefix}/image/{{task}}", images, "public", DIALECT)
        table.add("GET", f"{prefix}/image/{{task}}/{{n}}", images, "public", DIALECT)
    table.add("POST", "/mj/notify/{task}/{secret}", Callbacks(desk), "public", DIALECT)
