"""Content types as far as the face judges them (proof 21)."""

import pytest

from waystation.edge.content_type import multipart_boundary, refuse_unless_json
from waystation.errors import Fault


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "rubbish",
    ],
)
def test_json_routes_take_any_type(content_type: str | None):
    refuse_unless_json(content_type)


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("multipart/form-data", "multipart_boundary_missing"),
        ("Multipart/Form-Data; boundary=", "multipart_boundary_missing"),
        ('multipart/form-data; boundary="x"', "unsupported_media_type"),
        ("multipart/mixed; boundary=x", "unsupported_media_type"),
    ],
)
def test_json_routes_take_no_multipart(content_type: str, code: str):
    with pytest.raises(Fault) as refused:
        refuse_unless_json(content_type)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=----abc", b"----abc"),
        ('multipart/form-data; charset=utf-8; boundary="a b"', b"a b"),
        ("MULTIPART/FORM-DATA;Boundary=abc", b"abc"),
    ],
)
def test_boundary(content_type: str, boundary: bytes):
    assert multipart_boundary(content_type) == boundary


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        (None, "unsupported_media_type"),
        ("application/json", "unsupported_media_type"),
        ("multipart/form-data", "multipart_boundary_missing"),
        ("multipart/form-data; boundary", "multipart_boundary_missing"),
        ("multipart/form-data; boundary=" + "x" * 999, "invalid_request"),
        ("multipart/form-data; boundary=é", "invalid_request"),
    ],
)
def test_bad_boundary(content_type: str | None, code: str):
    with pytest.raises(Fault) as refused:
        multipart_boundary(content_type)
    assert refused.value.code == code
