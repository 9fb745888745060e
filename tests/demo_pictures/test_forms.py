"""Forms as clients send them, and as nobody should."""

import pytest

from tests.demo_pictures.asking import BOUNDARY, form
from waystation.demo.pictures.multipart import Part, parts
from waystation.demo.pictures.refusal import Refused

KIND = f"multipart/form-data; boundary={BOUNDARY}"


def test_parts_come_as_they_went() -> None:
    files = [("image", bytes(range(256)) * 40), ("mask", b"\r\n--\r\n\r\n"), ("empty", b"")]
    found = parts(form({"prompt": "狐狸\r\n--x"}, files), KIND)
    assert found == [Part("prompt", "狐狸\r\n--x".encode()), *(Part(*one) for one in files)]


@pytest.mark.parametrize("boundary", ['"a b:c"', "abc", "'x'"])
def test_boundaries(boundary: str) -> None:
    mark = boundary.strip('"')
    body = f"--{mark}\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--{mark}--\r\n".encode()
    assert parts(body, f"multipart/form-data; Boundary={boundary}; x=y") == [Part("a", b"1")]


def test_what_stands_before_and_after_is_let_be() -> None:
    body = b"hello\r\n" + form({"a": "1"}, []) + b"bye"
    assert parts(body, KIND) == [Part("a", b"1")]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (form({"a": "1"}, []), "multipart/form-data"),
        (b"", KIND),
        (form({"a": "1"}, [])[:-6], KIND),
        (form({"a": "1"}, [])[:40], KIND),
        (f"--{BOUNDARY}\r\n\r\n1\r\n--{BOUNDARY}--".encode(), KIND),
        (f"--{BOUNDARY}\r\nname: x\r\n1\r\n--{BOUNDARY}--".encode(), KIND),
        (form({str(at): "" for at in range(65)}, []), KIND),
    ],
)
def test_bad_forms_are_refused(body: bytes, kind: str) -> None:
    with pytest.raises(Refused):
        parts(body, kind)
