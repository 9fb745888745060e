"""The first of the proxies: four pages, and changes by index."""

from waystation.upstream.vendors.midjourney_pages import OLDEST
from waystation.upstream.vendors.vendor import Vendor

MIDJOURNEY_PROXY = Vendor(
    name="midjourney-proxy",
    title="midjourney-proxy",
    auth="header:mj-api-secret",
    dialect="midjourney",
    paths=OLDEST,
    documentation="https://github.com/novicezk/midjourney-proxy/blob/main/docs/api.md",
)
