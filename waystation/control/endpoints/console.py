"""The web console: its one page under every address of it, and the files that the page loads."""

import hashlib

from fastapi import Request
from fastapi.responses import Response

from waystation.control.built_console.files import SiteFile, SiteFiles
from waystation.control.endpoints import landing
from waystation.errors import Fault

_FILES = SiteFiles()
_FOREVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"
_HEADERS = {
    # Scripts and calls stay here. Styles are written by the component library as it draws;
    # pictures and sound may lie in the operator's object store.
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; "
    "media-src 'self' blob: https:; font-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "vary": "accept-encoding",
}


async def page(request: Request) -> Response:
    """The page; its own script reads the address. Where none was built: what this address is."""
    file = _FILES.get("index.html")
    if file is None:
        return await landing.show(request)
    return _sent(request, file, _ASK_EACH_TIME)


async def asset(request: Request) -> Response:
    """Names of assets change with their content, so they are kept forever. Raises Fault."""
    path = request.url.path
    file = _FILES.get(path.removeprefix("/"))
    if file is None:
        raise Fault("unknown_url", method=request.method, path=path)
    return _sent(request, file, _FOREVER if path.startswith("/assets/") else _ASK_EACH_TIME)


def _sent(request: Request, file: SiteFile, keep: str) -> Response:
    tag = f'"{hashlib.sha256(file.body).hexdigest()[:32]}"'
    headers = {**_HEADERS, "cache-control": keep, "etag": tag, "content-type": file.content_type}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    body, coding = file.for_client(request.headers.get("accept-encoding", ""))
    if coding:
        headers["content-encoding"] = coding
    return Response(body, headers=headers)
