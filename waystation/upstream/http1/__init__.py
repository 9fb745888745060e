"""The lean HTTP/1.1 client: `Http1Transport`.

head.py writes a request, connection.py speaks on one socket, reply.py is what came back, pool.py
keeps the idle ones, dial.py opens new ones, client.py puts them together.
"""

from waystation.upstream.http1.client import Http1Transport
from waystation.upstream.http1.dial import client_tls

__all__ = ["Http1Transport", "client_tls"]
