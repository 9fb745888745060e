"""The master key: 32 bytes that seal every secret at rest.

Given by WAYSTATION_MASTER_KEY (nodes on one PostgreSQL share it) or kept in a file of mode 0600 in
the data folder. Its id is derived from it, so an envelope tells which key it needs.
"""

import base64
import binascii
import hashlib
import os
import stat
from pathlib import Path

from waystation.settings import Settings

KEY_BYTES = 32
FILE_NAME = "master.key"


class MasterKeyError(Exception):
    """Missing, malformed, readable by others, or not the one that sealed this store."""


class MasterKey:
    """id: eight hex digits, safe to show."""

    __slots__ = ("id", "secret")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise MasterKeyError(f"a master key has {KEY_BYTES} bytes, this one has {len(secret)}")
        self.secret = secret
        self.id = hashlib.sha256(b"waystation key id" + secret).hexdigest()[:8]

    @classmethod
    def new(cls) -> "MasterKey":
        return cls(os.urandom(KEY_BYTES))

    @classmethod
    def decode(cls, encoded: str, where: str) -> "MasterKey":
        """encoded: base64, either alphabet. where: named in the error."""
        compact = encoded.strip().replace("-", "+").replace("_", "/")
        try:
            return cls(base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True))
        except (binascii.Error, ValueError):
            raise MasterKeyError(f"the master key in {where} is not base64") from None
        except MasterKeyError as wrong:
            raise MasterKeyError(f"{where}: {wrong}") from None

    def encode(self) -> str:
        return base64.b64encode(self.secret).decode("ascii")

    def __repr__(self) -> str:
        return f"MasterKey(id={self.id!r})"


def key_path(settings: Settings) -> Path:
    return settings.data / FILE_NAME


def read_master_key(settings: Settings) -> MasterKey:
    """The environment's, else the file's. Raises MasterKeyError."""
    if settings.master_key is not None:
        return MasterKey.decode(settings.master_key.get_secret_value(), "WAYSTATION_MASTER_KEY")
    path = key_path(settings)
    try:
        mode = path.stat().st_mode
        encoded = path.read_text("ascii")
    except FileNotFoundError:
        raise MasterKeyError(
            f"no master key: {path} does not exist and WAYSTATION_MASTER_KEY is not set"
        ) from None
    except UnicodeDecodeError:
        raise MasterKeyError(f"the master key in {path} is not base64") from None
    except OSError as fault:
        raise MasterKeyError(f"the master key {path} cannot be read: {fault.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise MasterKeyError(f"{path} is open to others: chmod 600 it")
    return MasterKey.decode(encoded, str(path))


def write_master_key(path: Path, key: MasterKey, *, replace: bool = False) -> None:
    """Durably and whole, with mode 0600 from its first byte. Without `replace` an existing file is
    an error (FileExistsError): a key is never lost by accident."""
    fresh = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, key.encode().encode("ascii") + b"\n")
        os.fsync(handle)
        if replace:
            fresh.replace(path)
        else:
            path.hardlink_to(fresh)
    finally:
        os.close(handle)
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
