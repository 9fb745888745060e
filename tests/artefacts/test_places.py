"""Where objects may be, as settings say it."""

from pathlib import Path
from typing import Any

import pytest
from obstore.store import AzureStore, GCSStore, LocalStore, S3Store
from pydantic import ValidationError

from waystation.artefacts.place import folder_of, open_place
from waystation.settings import Settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "GOOGLE_SERVICE_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")


def test_the_data_folder_unless_said_otherwise(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    assert folder_of(settings) == tmp_path / "data" / "artefacts"
    assert isinstance(open_place(settings), LocalStore)
    assert (tmp_path / "data" / "artefacts").is_dir()


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://{}/with%20blank"])
def test_folders(tmp_path: Path, form: str) -> None:
    settings = Settings(artefacts=form.format(tmp_path / "pictures"))
    folder = folder_of(settings)
    assert folder is not None
    assert isinstance(open_place(settings), LocalStore)
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("place", "kind", "told"),
    [
        ("s3://bucket/some/prefix", S3Store, {"bucket": "bucket"}),
        ("s3://bucket", S3Store, {"bucket": "bucket"}),
        ("gs://bucket/prefix", GCSStore, {"bucket": "bucket"}),
        ("az://container/prefix", AzureStore, {"container_name": "container"}),
        (
            "abfss://container@other.dfs.core.windows.net/prefix",
            AzureStore,
            {"container_name": "container", "account_name": "other"},
        ),
    ],
)
def test_buckets(place: str, kind: type[Any], told: dict[str, str]) -> None:
    settings = Settings(artefacts=place)
    assert folder_of(settings) is None
    store = open_place(settings)
    assert isinstance(store, kind)
    assert told.items() <= dict(store.config).items()  # type: ignore[attr-defined]


def test_other_makers_of_s3_by_their_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9000")
    monkeypatch.setenv("AWS_REGION", "garage")
    store = open_place(Settings(artefacts="s3://bucket/prefix"))
    assert isinstance(store, S3Store)
    assert store.prefix == "prefix"


@pytest.mark.parametrize(
    "place", ["ftp://host/x", "s3://", "s3:///x", "https://x/y", "memory://", "file://host"]
)
def test_what_no_place_is_refused_at_start(place: str) -> None:
    with pytest.raises(ValidationError):
        Settings(artefacts=place)


def test_an_empty_place_is_none() -> None:
    assert Settings(artefacts="").artefacts == Settings().artefacts
