"""Opening a connection: resolve through the guard, connect, TLS."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from waystation.upstream.egress import EgressGuard, SockAddr
from waystation.upstream.http1.connection import Connection
from waystation.upstream.transport import Destination, NotSent, Origin, UnixOrigin

Factory = Callable[[], Connection]


def client_tls(ca_file: Path | None = None) -> ssl.SSLContext:
    """Verifying, HTTP/1.1 only. ca_file: authorities to trust besides the system's."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


class Dialer:
    def __init__(self, guard: EgressGuard, ca_file: Path | None) -> None:
        self._guard = guard
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None

    async def dial(self, origin: Destination, make: Factory, seconds: float) -> Connection:
        """A new connection within so many seconds. Raises NotSent."""
        made: list[Connection] = []

        def remember() -> Connection:
            made.append(make())
            return made[-1]

        try:
            async with asyncio.timeout(seconds):
                if isinstance(origin, UnixOrigin):
                    return await _connect_unix(origin, remember)
                return await self._connect(origin, remember, seconds)
        except TimeoutError:
            _drop(made)
            raise NotSent("connect_timeout", f"after {seconds:g} s") from None
        except BaseException:
            _drop(made)
            raise

    async def _connect(self, origin: Origin, make: Factory, seconds: float) -> Connection:
        """Each address in turn; one that does not answer leaves time for the next."""
        loop = asyncio.get_running_loop()
        due_at = loop.time() + seconds
        addresses = await self._guard.resolve(origin.host, origin.port, origin.allow_private)
        reason = ""
        for index, address in enumerate(addresses):
            left = len(addresses) - index
            # The last one has all the time that is left, which the caller of this measures.
            try:
                if left == 1:
                    return await self._connect_to(origin, address, make)
                async with asyncio.timeout((due_at - loop.time()) / left):
                    return await self._connect_to(origin, address, make)
            except ssl.SSLError as error:
                raise NotSent("tls", f"{origin.host}: {error}") from None
            except TimeoutError:
                if left == 1:
                    raise
                reason = f"{address[0]} port {address[1]}: no answer"
            except OSError as error:
                reason = f"{address[0]} port {address[1]}: {error}"
        raise NotSent("connect", reason)

    async def _connect_to(self, origin: Origin, address: SockAddr, make: Factory) -> Connection:
        loop = asyncio.get_running_loop()
        host, port = address[:2]
        if origin.scheme == "http":
            return (await loop.create_connection(make, host, port))[1]
        if self._tls is None:
            self._tls = client_tls(self._ca_file)
        return (
            await loop.create_connection(
                make, host, port, ssl=self._tls, server_hostname=origin.host
            )
        )[1]


async def _connect_unix(origin: UnixOrigin, make: Factory) -> Connection:
    loop = asyncio.get_running_loop()
    try:
        return (await loop.create_unix_connection(make, origin.path))[1]
    except OSError as error:
        raise NotSent("connect", f"{origin.path}: {error}") from None


def _drop(made: list[Connection]) -> None:
    for connection in made:
        connection.abort()
