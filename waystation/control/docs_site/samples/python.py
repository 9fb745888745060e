"""Python: the standard library's client, and requests."""

import pprint
from typing import Any

from waystation.control.docs_site.samples.request import Language, SampleRequest, Variant, lines


def _literal(value: Any, by: int = 0) -> str:
    """As Python, wrapped as people write it, `by` further in."""
    if isinstance(value, str | int | float | bool) or value is None:
        return _text(value)
    inner = " " * (by + 4)
    if isinstance(value, dict):
        rows = [f"{inner}{_text(key)}: {_literal(one, by + 4)},\n" for key, one in value.items()]
        return "{\n" + "".join(rows) + " " * by + "}" if rows else "{}"
    rows = [f"{inner}{_literal(one, by + 4)},\n" for one in value]
    return "[\n" + "".join(rows) + " " * by + "]" if rows else "[]"


def _text(value: Any) -> str:
    if isinstance(value, str):
        shown = repr(value)
        return shown if '"' in shown else f'"{shown[1:-1]}"'
    return pprint.pformat(value)


def _requests(request: SampleRequest) -> str:
    made = ["import requests", "", "response = requests.request("]
    made += [f"    {_text(request.method)},", f"    {_text(request.url)},"]
    made.append(f"    headers={_literal(dict(request.headers), 4)},")
    if request.json is not None:
        made.append(f"    json={_literal(request.json, 4)},")
    if request.form:
        texts = {part.name: part.text for part in request.form if not part.file}
        files = [part for part in request.form if part.file]
        if texts:
            made.append(f"    data={_literal(texts, 4)},")
        made.append("    files={")
        made += [f'        {_text(p.name)}: open({_text(p.file)}, "rb"),' for p in files]
        made.append("    },")
    if request.streamed:
        made.append("    stream=True,")
    made += ["    timeout=300,", ")"]
    if request.saves:
        made += [
            f'with open({_text(request.saves)}, "wb") as file:',
            "    file.write(response.content)",
        ]
    elif request.streamed:
        made += [
            "for line in response.iter_lines():",
            '    print(line.decode("utf-8"))',
        ]
    else:
        made.append("print(response.text)")
    return lines(*made)


def _http_client(request: SampleRequest) -> str | None:
    if request.form:
        return None
    secure = request.url.startswith("https")
    host = request.origin.partition("://")[2]
    kind = "HTTPSConnection" if secure else "HTTPConnection"
    made = ["import http.client"]
    if request.json is not None:
        made.append("import json")
    made += ["", f"connection = http.client.{kind}({_text(host)}, timeout=300)"]
    made += [
        "connection.request(",
        f"    {_text(request.method)},",
        f"    {_text(request.target)},",
    ]
    if request.json is not None:
        made.append(f"    body=json.dumps({_literal(request.json, 4)}),")
    made += [f"    headers={_literal(dict(request.all_headers), 4)},", ")"]
    made.append("response = connection.getresponse()")
    if request.saves:
        made += [
            f'with open({_text(request.saves)}, "wb") as file:',
            "    file.write(response.read())",
        ]
    elif request.streamed:
        made += ["for line in response:", '    print(line.decode("utf-8"), end="")']
    else:
        made.append('print(response.read().decode("utf-8"))')
    return lines(*made)


PYTHON = Language(
    "python",
    "Python",
    (
        Variant("requests", "requests", "python", _requests),
        Variant("http-client", "http.client", "python", _http_client),
    ),
)
