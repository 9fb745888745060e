"""Can the public port be had?"""

import http.client
import socket

from waystation.control.doctor.check import Check
from waystation.settings import Settings

_NAME = "port"


def check_port(settings: Settings) -> Check:
    """Free, or ours already."""
    where = f"{settings.host} port {settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as fault:
            reason = fault.strerror
        else:
            return Check(_NAME, True, f"{where} is free")
    if _is_ours(settings):
        return Check(_NAME, True, f"a Waystation answers at {where}")
    advice = "Stop what uses it, or choose another one with --port and --host."
    return Check(_NAME, False, f"{where}: {reason}", advice)


def _is_ours(settings: Settings) -> bool:
    """Every reply of ours carries a request id under both names."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/livez")
        reply = connection.getresponse()
        return reply.status == 200 and reply.getheader("x-oneapi-request-id") is not None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
