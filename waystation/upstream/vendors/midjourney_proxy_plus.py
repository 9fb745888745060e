"""The proxy with buttons, windows and speeds."""

from waystation.upstream.vendors.midjourney_pages import BUTTONS, OLDEST, SPEEDS
from waystation.upstream.vendors.vendor import Vendor

MIDJOURNEY_PROXY_PLUS = Vendor(
    name="midjourney-proxy-plus",
    title="midjourney-proxy-plus",
    auth="header:mj-api-secret",
    dialect="midjourney",
    paths={**OLDEST, **BUTTONS, **SPEEDS},
    documentation="https://github.com/litter-coder/midjourney-proxy-plus",
)
