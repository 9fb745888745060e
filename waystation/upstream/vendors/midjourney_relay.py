"""Another relay's /mj, as this one serves it: a key as bearer, lists by id, no list of all."""

from waystation.upstream.vendors.midjourney_pages import BUTTONS, OLDEST, SPEEDS
from waystation.upstream.vendors.vendor import Vendor

MIDJOURNEY_RELAY = Vendor(
    name="midjourney-relay",
    title="Midjourney through another relay",
    dialect="midjourney",
    paths={
        **{name: path for name, path in OLDEST.items() if name != "mj_tasks"},
        **BUTTONS,
        **SPEEDS,
        "mj_edits": "/mj/submit/edits",
    },
    documentation="https://docs.newapi.pro/en/docs/api",
)
