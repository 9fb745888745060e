"""Signatures against the vectors that AWS publishes (the aws4_testsuite)."""

from datetime import UTC, datetime

import pytest

from waystation.upstream.clouds.sigv4 import Credentials, Scope, signed_headers

AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
LASTING = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SCOPE = Scope("us-east-1", "service")
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORM = {"content-type": "application/x-www-form-urlencoded"}

VECTORS = [
    ("GET", "/", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    (
        "GET", "/", {"my-header1": "value2,value2,value1"}, b"",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    (
        "GET", "/", {"my-header1": "value4,value1,value3,value2"}, b"",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    ),
    (
        "GET", "/", {"my-header1": " value1", "my-header2": ' "a   b   c"'}, b"",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    (
        "GET", f"/-._~{LETTERS}", {}, b"",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    (
        "GET", "/ሴ", {}, b"",
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    ),
    (
        "GET", "/?Param1=value1", {}, b"",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    ),
    (
        "GET", "/?Param2=value2&Param1=value1", {}, b"",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        "GET", f"/?-._~{LETTERS}=-._~{LETTERS}", {}, b"",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    (
        "GET", "/?ሴ=bar", {}, b"",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ),
    ("POST", "/", {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    (
        "POST", "/", {"my-header1": "VALUE1"}, b"",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    (
        "POST", "/?Param1=value1", {}, b"",
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
    (
        "POST", "/", FORM, b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    (
        "POST", "/", {"content-type": "application/x-www-form-urlencoded; charset=utf8"},
        b"Param1=value1",
        "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("method", "target", "headers", "body", "signature"), VECTORS)
def test_published_vectors(
    method: str, target: str, headers: dict[str, str], body: bytes, signature: str
) -> None:
    given = [(b"host", b"example.amazonaws.com")]
    given += [(name.encode(), value.encode()) for name, value in headers.items()]
    added = dict(signed_headers(method, target, given, body, LASTING, SCOPE, AT))
    names = ";".join(sorted(["host", "x-amz-date", *headers]))
    assert added[b"x-amz-date"] == b"20150830T123600Z"
    assert added[b"authorization"].decode() == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}"
    )


def test_a_sessions_token_is_sent_and_signed() -> None:
    session = LASTING._replace(token="a-token")
    added = dict(signed_headers("POST", "/", [(b"host", b"h")], b"", session, SCOPE, AT))
    assert added[b"x-amz-security-token"] == b"a-token"
    assert b"SignedHeaders=host;x-amz-date;x-amz-security-token," in added[b"authorization"]


def test_what_is_escaped_on_the_wire_is_escaped_once_more() -> None:
    """Bedrock's ids have colons; the form on the wire is what is signed, not the id."""
    given = [(b"host", b"h")]
    as_sent = signed_headers("POST", "/model/a%3A0/invoke", given, b"", LASTING, SCOPE, AT)
    by_id = signed_headers("POST", "/model/a:0/invoke", given, b"", LASTING, SCOPE, AT)
    assert as_sent != by_id
