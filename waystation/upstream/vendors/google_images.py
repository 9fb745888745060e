"""Google's pictures by the Gemini API: Gemini models that draw, and Imagen."""

from waystation.upstream.vendors.vendor import Vendor

GOOGLE_IMAGES = Vendor(
    name="google-images",
    title="Google (pictures)",
    base_url="https://generativelanguage.googleapis.com",
    auth="header:x-goog-api-key",
    paths={
        "image": "/v1beta/models",
        "image_edit": "/v1beta/models",
        "image_variation": "/v1beta/models",
    },
    native_n=True,
    documentation="https://ai.google.dev/gemini-api/docs/image-generation",
    checked="2026-11-22",
)
