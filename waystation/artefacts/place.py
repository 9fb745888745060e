"""Where objects are: a folder, or a bucket that the operator named.

    (unset)                     <data>/artefacts
    /var/pictures, file:///…    that folder
    s3://bucket/prefix          Amazon S3 and what speaks like it
    gs://bucket/prefix          Google Cloud Storage
    az://container/prefix       Azure Blob Storage; also abfss://container@account.dfs.core…

Credentials, regions and endpoints come from the environment variables that each of these has.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from waystation.settings import Settings

if TYPE_CHECKING:
    from obstore.store import ObjectStore

FOLDER = "artefacts"
CLOUD = frozenset({"s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss"})
_CLIENT: Any = {"connect_timeout": "5s", "timeout": "30s", "allow_http": True}
"""allow_http: for an endpoint of the operator that says so; those of the makers are https."""
_RETRY: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=15)}


def folder_of(settings: Settings) -> Path | None:
    """The local folder that the settings name; None: a bucket. Raises ValueError."""
    place = settings.artefacts
    if place is None:
        return settings.data / FOLDER
    if "://" not in place:
        return Path(place)
    parts = urlsplit(place)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(unquote(parts.path))
    if parts.scheme in CLOUD and parts.netloc:
        return None
    raise ValueError(f"artefacts: {place!r} is neither a folder nor a bucket that we know")


def open_place(settings: Settings) -> "ObjectStore":
    """Nothing is asked of the network yet; a local folder is made, for its owner alone.
    Raises ValueError, OSError, obstore's BaseError for options that cannot be."""
    # Not at the top: a gateway that stores nothing need not load it.
    from obstore.store import LocalStore, from_url

    folder = folder_of(settings)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(folder.resolve())
    assert settings.artefacts is not None
    return from_url(settings.artefacts, client_options=_CLIENT, retry_config=_RETRY)
