"""Where a reply's body ends and how it is encoded, out of its head."""

from waystation.upstream.content_encoding import Decoder, UndecodableError, decoder_for

_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"content-encoding"})
_DECODED_AWAY = frozenset({b"content-length", b"content-encoding"})

Headers = list[tuple[bytes, bytes]]


class RefusedError(Exception):
    """The reply breaks a rule of ours or HTTP's; raised through the parser."""


def framing(headers: Headers) -> tuple[bool, list[bytes]]:
    """(whether the head says where the body ends, the content codings). Raises RefusedError for a
    transfer coding that nobody knows, or two lengths."""
    chunked = sized = False
    codings: list[bytes] = []
    for name, value in headers:
        if name in _FRAMING:
            if name == b"content-length":
                sized = True
            elif name == b"content-encoding":
                codings.append(value)
            elif value.strip().lower() == b"chunked" and not chunked:
                chunked = True
            else:
                raise RefusedError(f"transfer-encoding {value[:40]!r}")
    if chunked and sized:
        raise RefusedError("the reply has two lengths")
    return chunked or sized, codings


def decoder_of(codings: list[bytes]) -> Decoder | None:
    """Raises RefusedError for codings that were not asked for."""
    try:
        return decoder_for(b",".join(codings))
    except UndecodableError as error:
        raise RefusedError(str(error)) from None


def decoded_headers(headers: Headers) -> Headers:
    """What is left of the head when the coding was taken off."""
    return [header for header in headers if header[0] not in _DECODED_AWAY]
