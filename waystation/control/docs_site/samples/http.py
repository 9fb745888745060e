"""The bytes themselves, as HTTP/1.1; a file as clients that run such texts have it included."""

from waystation.control.docs_site.samples.request import (
    BOUNDARY,
    Language,
    SampleRequest,
    Variant,
    by_hand,
    pretty,
)


def _http(request: SampleRequest) -> str:
    host = request.origin.partition("://")[2]
    made = [f"{request.method} {request.target} HTTP/1.1", f"Host: {host}"]
    made += [f"{name}: {value}" for name, value in request.all_headers]
    body = ""
    if request.json is not None:
        body = pretty(request.json)
        made.append(f"Content-Length: {len(body.encode())}")
    elif not request.form and request.method not in ("GET", "DELETE"):
        made.append("Content-Length: 0")
    if request.form:
        made.append(f"Content-Type: multipart/form-data; boundary={BOUNDARY}")
        for (head, value), part in zip(by_hand(request.form), request.form, strict=True):
            shown = f"< ./{value}" if part.file else value
            body += head.replace("\r\n", "\n") + shown + "\n"
        body += f"--{BOUNDARY}--"
    return "\n".join(made) + "\n\n" + (body + "\n" if body else "")


HTTP = Language("http", "HTTP", (Variant("http", "HTTP/1.1", "http", _http),))
