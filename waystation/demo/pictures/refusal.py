"""A refusal in OpenAI's shape."""

from typing import Any

_SOON = ((b"retry-after", b"1"),)


class Refused(Exception):
    """The demo's upstream refuses. The text is a vendor's to its caller."""

    def __init__(
        self,
        text: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(text)
        self.status = status
        self.headers = _SOON if status in (429, 503) else ()
        self._fields = {"message": text, "type": kind, "param": param, "code": code}

    def body(self) -> dict[str, Any]:
        return {"error": self._fields}
