"""Where the ledger listens: a Unix socket in the data folder, for the same user only."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ADDRESS_BYTES_MAX = 107
_WAITING_MAX = 128


class AddressTaken(OSError):
    """Another ledger answers at this socket."""


def connect(path: Path) -> socket.socket:
    """A connected socket. Raises OSError when nobody listens there."""
    connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connecting.setblocking(False)
        with _short(path) as address:
            connecting.connect(address)
    except OSError:
        connecting.close()
        raise
    return connecting


def listen(path: Path) -> socket.socket:
    """A listening socket, mode 0600; takes the place of one whose process has died.

    Raises AddressTaken, OSError."""
    _remove_stale(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.setblocking(False)
    mask = os.umask(0o177)
    try:
        with _short(path) as address:
            listening.bind(address)
        listening.listen(_WAITING_MAX)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(mask)
    return listening


def _remove_stale(path: Path) -> None:
    try:
        connect(path).close()
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
        return
    raise AddressTaken(f"another ledger listens at {path}")


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """The path, or another name of it when it is longer than a socket's address may be."""
    if len(os.fsencode(path)) <= _ADDRESS_BYTES_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
