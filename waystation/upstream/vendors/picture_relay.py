"""A relay that offers Ideogram's and Recraft's forms under /ideogram and /recraft, with a bearer
token, as this product does itself."""

from waystation.upstream.vendors.vendor import Vendor

PICTURE_RELAY = Vendor(
    name="picture-relay",
    title="Relay with /ideogram and /recraft",
    paths={
        "ideogram": "/ideogram/generate",
        "ideogram_remix": "/ideogram/remix",
        "recraft": "/recraft/v1/images/generations",
    },
    native_n=True,
)
