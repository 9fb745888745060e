"""Ideogram: its legacy API and Ideogram 3.0."""

from waystation.upstream.vendors.vendor import Vendor

IDEOGRAM = Vendor(
    name="ideogram",
    title="Ideogram",
    base_url="https://api.ideogram.ai",
    auth="header:api-key",
    paths={
        "image": "/generate",
        "image_edit": "/edit",
        "image_variation": "/remix",
        "ideogram": "/generate",
        "ideogram_remix": "/remix",
    },
    native_n=True,
    documentation="https://developer.ideogram.ai/v1/api-reference",
    checked="2026-11-22",
)
