"""What the tests of chat say."""

from typing import Any

MODEL = "demo-chat"


def user(content: Any) -> list[Any]:
    return [{"role": "user", "content": content}]
