"""The proxy of trueai-org: like plus, with edits and cancelling."""

from waystation.upstream.vendors.midjourney_pages import BUTTONS, OLDEST, SPEEDS
from waystation.upstream.vendors.vendor import Vendor

MIDJOURNEY_TRUEAI = Vendor(
    name="midjourney-trueai",
    title="Midjourney Proxy (trueai-org)",
    auth="header:mj-api-secret",
    dialect="midjourney",
    paths={
        **OLDEST,
        **BUTTONS,
        **SPEEDS,
        "mj_edits": "/mj/submit/edits",
        "mj_cancel": "/mj/task/{id}/cancel",
    },
    documentation="https://github.com/trueai-org/midjourney-proxy",
)
