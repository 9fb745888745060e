"""Groq. n must be 1; logprobs, logit_bias and names of messages are refused.
Speech comes as WAV alone; a transcript as json, text or verbose_json
(https://console.groq.com/docs/speech-to-text, https://console.groq.com/docs/text-to-speech,
as others tell it, 2026-11-22)."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

GROQ = Vendor(
    name="groq",
    title="Groq",
    base_url="https://api.groq.com",
    paths={
        "chat": "/openai/v1/chat/completions",
        "speech": "/openai/v1/audio/speech",
        "transcription": "/openai/v1/audio/transcriptions",
        "translation": "/openai/v1/audio/translations",
    },
    quirks=Quirks(refuses=("logprobs", "top_logprobs", "logit_bias")),
    documentation="https://console.groq.com/docs/openai",
    checked="2026-11-22",
    recorded=True,
)
