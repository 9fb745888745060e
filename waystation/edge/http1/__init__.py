"""The relay's own HTTP/1.1 face: asyncio protocols on httptools."""

from waystation.edge.http1.server import Face, start_http1

__all__ = ["Face", "start_http1"]
