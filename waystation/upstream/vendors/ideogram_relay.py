"""A relay that offers Ideogram's form under /ideogram with a bearer token, as this product does."""

from waystation.upstream.vendors.vendor import Vendor

IDEOGRAM_RELAY = Vendor(
    name="ideogram-relay",
    title="Relay with /ideogram",
    paths={"ideogram": "/ideogram/generate", "ideogram_remix": "/ideogram/remix"},
    native_n=True,
)
