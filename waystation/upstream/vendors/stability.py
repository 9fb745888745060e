"""Stability AI (Stable Image, Stable Diffusion)."""

from waystation.upstream.vendors.vendor import Vendor

STABILITY = Vendor(
    name="stability",
    title="Stability AI",
    base_url="https://api.stability.ai",
    paths={
        "image": "/v2beta/stable-image/generate/core",
        "image_edit": "/v2beta/stable-image/edit/inpaint",
        "image_variation": "/v2beta/stable-image/generate/sd3",
    },
    native_n=True,
    documentation="https://platform.stability.ai/docs/api-reference",
    checked="2026-11-22",
)
