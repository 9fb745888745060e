"""A service account of the tests' own, and the server of its tokens."""

import base64
import json
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.support.script import Script, Seen, reply

EMAIL = "relay@project-7.example"
PROJECT = "project-7"


@cache
def private_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def account_file(url: str, **fields: Any) -> str:
    """As Google gives it out, its tokens at this address."""
    pem = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    told = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "kid-1",
        "private_key": pem.decode(),
        "client_email": EMAIL,
        "token_uri": f"{url}/token",
        **fields,
    }
    return json.dumps(told, indent=2)


def claims_of(seen: Seen) -> tuple[dict[str, Any], dict[str, Any]]:
    """(head, claims) of the statement, its signature judged."""
    form = parse_qs(seen.body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    head, claims, signature = form["assertion"][0].split(".")
    said = f"{head}.{claims}".encode()
    private_key().public_key().verify(_bytes(signature), said, PKCS1v15(), SHA256())
    return json.loads(_bytes(head)), json.loads(_bytes(claims))


def token(text: str = "ya29.token-1", seconds: int = 3600) -> Script:
    told = {"access_token": text, "expires_in": seconds, "token_type": "Bearer"}
    return reply(200, json.dumps(told).encode())


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
