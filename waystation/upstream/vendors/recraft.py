"""Recraft."""

from waystation.upstream.vendors.vendor import Vendor

RECRAFT = Vendor(
    name="recraft",
    title="Recraft",
    base_url="https://external.api.recraft.ai",
    paths={
        "image": "/v1/images/generations",
        "image_edit": "/v1/images/inpaint",
        "image_variation": "/v1/images/variateImage",
        "recraft": "/v1/images/generations",
    },
    native_n=True,
    documentation="https://www.recraft.ai/docs/api-reference/endpoints",
    checked="2026-11-22",
)
