"""The relay's OpenAPI 3.1 document, put together from one declaration an endpoint."""

from waystation.control.openapi.document import build_document

__all__ = ["build_document"]
