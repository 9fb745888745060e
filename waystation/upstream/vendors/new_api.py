"""new-api and its kin: a relay of others' making."""

from waystation.upstream.vendors.openai import COMMON_PATHS
from waystation.upstream.vendors.vendor import Vendor

NEW_API = Vendor(
    name="new-api",
    title="new-api",
    paths={
        **COMMON_PATHS,
        "responses": "/v1/responses",
        "messages": "/v1/messages",
        "rerank": "/v1/rerank",
    },
    documentation="https://docs.newapi.pro/en/api/jinaai-rerank",
    checked="2026-11-22",
)
