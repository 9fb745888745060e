"""What a request's Content-Type says about its body, as far as a route needs to know."""

from email.message import Message

from waystation.errors import Fault

_BOUNDARY_CHARACTERS_MAX = 200


def refuse_unless_json(content_type: str | None) -> None:
    """On a JSON route any type will do if the body parses, for many clients send none or a wrong
    one; only multipart never parses. Raises Fault (400 without a boundary, else 415)."""
    if content_type is not None and content_type[:10].lower() == "multipart/":
        multipart_boundary(content_type)
        raise Fault("unsupported_media_type", reason="Send the body as application/json.")


def multipart_boundary(content_type: str | None) -> bytes:
    """The boundary of a multipart/form-data body. Raises Fault (415, 400)."""
    if content_type is None or content_type.partition(";")[0].strip().lower() != (
        "multipart/form-data"
    ):
        raise Fault("unsupported_media_type", reason="Send the body as multipart/form-data.")
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not boundary.strip():
        raise Fault("multipart_boundary_missing")
    if len(boundary) > _BOUNDARY_CHARACTERS_MAX or not boundary.isascii():
        raise Fault("invalid_request", reason="The multipart boundary is malformed.")
    return boundary.encode("ascii")
