"""What `serve` says when it is ready: the address, and after a first start the way in."""

import http.client
import json
import ssl
import threading
import time
from typing import TYPE_CHECKING

from waystation.cli.say import note
from waystation.settings import Settings

if TYPE_CHECKING:
    from waystation.control.apply import Started

READY_SECONDS_MAX = 120.0
_POLL_SECONDS = 0.1
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104
DEMO_MODEL = "demo-chat"


def base_url(settings: Settings) -> str:
    """Where this server is reached from this machine, or as the operator published it."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    scheme = "https" if settings.tls_cert else "http"
    host = "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{settings.port}"


def greet_when_ready(settings: Settings, started: "Started | None") -> threading.Thread:
    """Print the greeting once /readyz says 200; beside the supervisor, which has the loop."""
    thread = threading.Thread(target=_greet, args=(settings, started), name="greeting", daemon=True)
    thread.start()
    return thread


def _greet(settings: Settings, started: "Started | None") -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not is_ready(settings):
        if time.monotonic() > deadline:
            note(f"Not ready after {READY_SECONDS_MAX:.0f} s; see the lines above.")
            return
        time.sleep(_POLL_SECONDS)
    note(f"\nWaystation is ready: {base_url(settings)}")
    if started is not None:
        print_credentials(started, settings)


def is_ready(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
    connection: http.client.HTTPConnection
    if settings.tls_cert:
        context = ssl._create_unverified_context()  # noqa: S323  our own socket, whatever its name
        connection = http.client.HTTPSConnection(host, settings.port, timeout=2, context=context)
    else:
        connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def print_credentials(started: "Started", settings: Settings) -> None:
    """Said once: nothing of it can be read again."""
    print(
        f"""
Printed this once. Keep it.

  Operator login   {started.email}
  Password         {started.password}
  A token          {started.token}

Try it:

  {curl_line(base_url(settings), started.token)}
""",
        flush=True,
    )


def curl_line(base: str, token: str) -> str:
    """A call that works as it is, answered by the demo channel."""
    body = json.dumps(
        {"model": DEMO_MODEL, "messages": [{"role": "user", "content": "Hello"}]},
        separators=(",", ":"),
    )
    return (
        f"curl {base}/v1/chat/completions -H 'Authorization: Bearer {token}' "
        f"-H 'Content-Type: application/json' -d '{body}'"
    )
