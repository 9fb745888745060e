"""The docs: /docs, every page in two languages and as Markdown, search, llms.txt."""

import hashlib
import mimetypes
from functools import lru_cache

from fastapi import Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from waystation.control.docs_site import explorer_page, home, search
from waystation.control.docs_site.build import blocks_of, markdown_of
from waystation.control.docs_site.frame import LANGUAGES, STATIC, page_html
from waystation.control.docs_site.offers import read_offers
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.reference import reference_html
from waystation.control.docs_site.specification import specification
from waystation.control.docs_site.tree import PAGES, Language
from waystation.control.guards import services_of
from waystation.control.replies import address_of, language
from waystation.errors import Fault

_QUERY_CHARACTERS_MAX = 100
_HEADERS = {
    "cache-control": "no-cache",
    "vary": "accept-language, cookie, host",
    # Pictures and sound that a try-it made may lie in the operator's object store.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data: blob: https:; media-src 'self' data: blob: https:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
_EXPLORER = explorer_page.POLICY
_MARKDOWN = "text/markdown; charset=utf-8"


async def show(request: Request) -> Response:
    """Raises Fault (unknown_url)."""
    path = request.url.path.removeprefix("/docs").strip("/")
    first, _, rest = path.partition("/")
    if first not in LANGUAGES:
        return _onward(request, path)
    reader = await _reader(request, "zh" if first == "zh" else "en")
    if not rest:
        return _page(home.home_html(reader))
    if rest == "search.json":
        return Response(search.index_json(reader), headers=_HEADERS, media_type="application/json")
    if rest == "search":
        query = request.query_params.get("q", "")[:_QUERY_CHARACTERS_MAX]
        return _page(search.results_html(query, reader))
    if rest == "reference":
        return _page(reference_html(reader, explorer_page.is_built()))
    if rest == "explorer" and explorer_page.is_built():
        text = explorer_page.explorer_html(reader)
        return HTMLResponse(text, headers={**_HEADERS, "content-security-policy": _EXPLORER})
    plain = rest.endswith(".md")
    page = PAGES.get(rest.removesuffix(".md"))
    if page is None:
        raise Fault("unknown_url", method=request.method, path=request.url.path)
    if plain:
        return Response(markdown_of(page, reader), headers=_HEADERS, media_type=_MARKDOWN)
    return _page(_rendered(page.slug, reader))


async def llms(request: Request) -> Response:
    """For language models, which read English."""
    reader = await _reader(request, "en")
    return PlainTextResponse(home.llms_text(reader), headers=_HEADERS)


async def explorer(request: Request) -> Response:
    """Scalar's script. Raises Fault (unknown_url)."""
    file = explorer_page.script()
    if file is None:
        raise Fault("unknown_url", method=request.method, path=request.url.path)
    body, coding = file.for_client(request.headers.get("accept-encoding", ""))
    headers = {**_HEADERS, "cache-control": "public, max-age=86400", "vary": "accept-encoding"}
    if coding:
        headers["content-encoding"] = coding
    return Response(body, headers=headers, media_type=file.content_type)


async def static(request: Request) -> Response:
    """Raises Fault (unknown_url)."""
    name = request.path_params["file"]
    found = _static_file(name)
    if found is None:
        raise Fault("unknown_url", method=request.method, path=request.url.path)
    body, kind, tag = found
    keep = "public, max-age=31536000, immutable" if request.url.query else "public, max-age=300"
    headers = {**_HEADERS, "cache-control": keep, "etag": tag, "access-control-allow-origin": "*"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)


def _onward(request: Request, path: str) -> Response:
    """To the reader's language. Raises Fault (unknown_url)."""
    if path and path.removesuffix(".md") not in PAGES:
        raise Fault("unknown_url", method=request.method, path=request.url.path)
    chosen = language(request, services_of(request).settings.language)
    return RedirectResponse(f"/docs/{chosen}/{path}".rstrip("/"), 302, _HEADERS)


async def _reader(request: Request, chosen: Language) -> Reader:
    settings = services_of(request).settings
    base = (settings.public_url or address_of(request)).rstrip("/")
    return Reader(chosen, specification(base, settings), await read_offers(request))


_RENDERED: dict[tuple[object, ...], str] = {}
_RENDERED_MAX = 600


def _rendered(slug: str, reader: Reader) -> str:
    """Kept for as long as nothing that stands in it has changed."""
    key = (slug, reader.language, reader.specification, reader.offers.digest)
    page = _RENDERED.get(key)
    if page is None:
        if len(_RENDERED) >= _RENDERED_MAX:
            _RENDERED.clear()
        page = _RENDERED[key] = page_html(PAGES[slug], blocks_of(PAGES[slug], reader), reader)
    return page


def _page(text: str) -> Response:
    return HTMLResponse(text, headers=_HEADERS)


@lru_cache(maxsize=16)
def _static_file(name: str) -> tuple[bytes, str, str] | None:
    if name not in {path.name for path in STATIC.iterdir() if path.is_file()}:
        return None
    body = (STATIC / name).read_bytes()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return body, kind, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
