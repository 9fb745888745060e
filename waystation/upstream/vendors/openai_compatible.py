"""Whoever says that it speaks OpenAI's dialect: other relays, vLLM, local servers."""

from waystation.upstream.vendors.openai import COMMON_PATHS
from waystation.upstream.vendors.vendor import Vendor

OPENAI_COMPATIBLE = Vendor(
    name="openai-compatible",
    title="OpenAI-compatible",
    paths=COMMON_PATHS,
    native_n=False,  # many answer one choice whatever is asked for
    recorded=True,
)
