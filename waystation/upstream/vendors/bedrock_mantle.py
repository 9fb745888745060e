"""Amazon Bedrock's newer address of Claude, with Bedrock API keys; another region, another base."""

from waystation.upstream.vendors.vendor import Vendor

BEDROCK_MANTLE = Vendor(
    name="bedrock-mantle",
    title="Amazon Bedrock (Mantle)",
    base_url="https://bedrock-mantle.us-east-1.api.aws",
    auth="header:x-api-key",
    dialect="anthropic",
    paths={
        "messages": "/anthropic/v1/messages",
        "count_tokens": "/anthropic/v1/messages/count_tokens",
    },
    documentation="https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html",
    checked="2026-11-22",
)
