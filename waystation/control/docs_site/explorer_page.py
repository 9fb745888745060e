"""Scalar's reference, where the build has brought it: `explorer/standalone.js` beside this."""

from functools import cache
from html import escape
from pathlib import Path

from waystation.control.built_console.files import SiteFile
from waystation.control.docs_site.frame import tagged
from waystation.control.docs_site.reader import Reader

NAME = "standalone.js"
_FOLDER = Path(__file__).parent / "explorer"
# The reference writes its styles as it draws; scripts are this site's alone, and so are calls.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data: blob: https:; media-src 'self' blob: https:; font-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def is_built() -> bool:
    return (_FOLDER / NAME).is_file()


@cache
def script() -> SiteFile | None:
    """With its packed forms, which the build has made. None: it was not built."""
    if not is_built():
        return None
    packed = {
        coding: (_FOLDER / f"{NAME}.{end}").read_bytes()
        for coding, end in (("br", "br"), ("gzip", "gz"))
    }
    body = (_FOLDER / NAME).read_bytes()
    return SiteFile("text/javascript; charset=utf-8", body, packed)


def explorer_html(reader: Reader) -> str:
    language = reader.language
    title = escape(f"{reader.word('reference')} · {reader.offers.site}")
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{tagged("icon.svg")}">
</head>
<body>
<p><a href="/docs/{language}/reference">← {reader.word("docs")}</a></p>
<div id="explorer"></div>
<script src="/docs/explorer.js"></script>
<script src="{tagged("explorer.js")}"></script>
</body>
</html>
"""
