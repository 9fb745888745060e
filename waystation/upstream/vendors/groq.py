"""Groq. n must be 1; logprobs, logit_bias and names of messages are refused."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

GROQ = Vendor(
    name="groq",
    title="Groq",
    base_url="https://api.groq.com",
    paths={"chat": "/openai/v1/chat/completions"},
    quirks=Quirks(refuses=("logprobs", "top_logprobs", "logit_bias")),
    documentation="https://console.groq.com/docs/openai",
    checked="2026-11-22",
    recorded=True,
)
