"""OpenAI's chat completions, native lane: a chat-shaped caller at a chat-shaped upstream."""

from waystation.dialects.openai_chat.request import ChatOperation, parse

__all__ = ["ChatOperation", "parse"]
