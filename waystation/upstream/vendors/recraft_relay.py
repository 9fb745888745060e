"""A relay that offers Recraft's form under /recraft with a bearer token, as this product does."""

from waystation.upstream.vendors.vendor import Vendor

RECRAFT_RELAY = Vendor(
    name="recraft-relay",
    title="Relay with /recraft",
    paths={"recraft": "/recraft/v1/images/generations"},
    native_n=True,
)
