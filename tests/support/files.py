"""Files at addresses, as somebody's own store has them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest


class Host:
    """put(path, data) → its address; asked: every path that somebody wanted."""

    def __init__(self) -> None:
        files: dict[str, bytes] = {}
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            served: ClassVar[dict[str, bytes]] = files

            def do_GET(self) -> None:
                asked.append(self.path)
                data = self.served.get(self.path.partition("?")[0])
                self.send_response(404 if data is None else 200)
                self.send_header("content-length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_: object) -> None:
                pass

        self.files, self.asked = files, asked
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def put(self, path: str, data: bytes) -> str:
        self.files[path] = data
        return self.url + path


@pytest.fixture
def host() -> Iterator[Host]:
    one = Host()
    thread = threading.Thread(target=one.server.serve_forever, args=(0.02,))
    thread.start()
    yield one
    one.server.shutdown()
    thread.join()
    one.server.server_close()
