"""Amazon Bedrock: Claude by InvokeModel. A model is an id of a model or profile, or an ARN.

A key is ACCESS:SECRET[:SESSION]@region, or a Bedrock API key[@region]."""

from waystation.upstream.vendors.vendor import Vendor

BEDROCK = Vendor(
    name="bedrock",
    title="Amazon Bedrock (Claude)",
    base_url="https://bedrock-runtime.us-east-1.amazonaws.com",
    auth="cloud",
    cloud="bedrock",
    dialect="anthropic",
    paths={
        "messages": "/model/{segment}/invoke",
        "messages_stream": "/model/{segment}/invoke-with-response-stream",
        "count_tokens": "/model/{segment}/count-tokens",
    },
    documentation="https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html",
    checked="2026-11-22",
)
