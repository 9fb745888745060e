"""Black Forest Labs (FLUX). Bases of one region: https://api.eu.bfl.ai, https://api.us.bfl.ai."""

from waystation.upstream.vendors.vendor import Vendor

BFL = Vendor(
    name="bfl",
    title="Black Forest Labs",
    base_url="https://api.bfl.ai",
    auth="header:x-key",
    paths={
        "image": "/v1/flux-pro-1.1",
        "image_edit": "/v1/flux-kontext-pro",
        "image_variation": "/v1/flux-kontext-pro",
    },
    native_n=True,
    documentation="https://docs.bfl.ai/quick_start/generating_images",
    checked="2026-11-22",
)
