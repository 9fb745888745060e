"""Shell: cURL on both sorts of system, HTTPie, wget, PowerShell."""

from waystation.control.docs_site.samples.request import (
    Language,
    Part,
    SampleRequest,
    Variant,
    compact,
    pretty,
)


def _sh(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _joined(words: list[str]) -> str:
    return " \\\n  ".join(words) + "\n"


def _form_flag(part: Part) -> str:
    """-F reads meanings into some characters of a text."""
    is_plain = part.file or (";" not in part.text and part.text[:1] not in ("@", "<", '"', "("))
    return "-F" if is_plain else "--form-string"


def _form_part(part: Part) -> str:
    return f"{part.name}=" + (f"@{part.file}" if part.file else part.text)


def _curl(request: SampleRequest) -> str:
    words = [f"curl {_sh(request.url)}"]
    if request.streamed:
        words[0] = f"curl -N {_sh(request.url)}"
    has_body = request.json is not None or request.form
    if request.method != ("POST" if has_body else "GET"):
        words.append(f"-X {request.method}")
    words += [f"-H {_sh(f'{name}: {value}')}" for name, value in request.all_headers]
    if request.json is not None:
        words.append(f"-d {_sh(pretty(request.json))}")
    words += [f"{_form_flag(part)} {_sh(_form_part(part))}" for part in request.form]
    if request.saves:
        words.append(f"-o {request.saves}")
    return _joined(words)


def _cmd(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _curl_windows(request: SampleRequest) -> str:
    words = [f"curl {'-N ' if request.streamed else ''}{_cmd(request.url)}"]
    has_body = request.json is not None or request.form
    if request.method != ("POST" if has_body else "GET"):
        words.append(f"-X {request.method}")
    words += [f"-H {_cmd(f'{name}: {value}')}" for name, value in request.all_headers]
    if request.json is not None:
        words.append(f"-d {_cmd(compact(request.json))}")
    words += [f"{_form_flag(part)} {_cmd(_form_part(part))}" for part in request.form]
    if request.saves:
        words.append(f"-o {request.saves}")
    return " ^\n  ".join(words) + "\n"


def _httpie(request: SampleRequest) -> str:
    words = ["http"]
    if request.form:
        words.append("--multipart")
    if request.streamed:
        words.append("--stream")
    if request.saves:
        words.append(f"--output {request.saves}")
    words = [" ".join([*words, request.method, _sh(request.url)])]
    words += [_sh(f"{name}:{value}") for name, value in request.all_headers]
    for part in request.form:
        words.append(_sh(f"{part.name}@{part.file}" if part.file else f"{part.name}={part.text}"))
    if request.json is not None:
        words.append(f"--raw {_sh(pretty(request.json))}")
    return _joined(words)


def _wget(request: SampleRequest) -> str | None:
    if request.form:
        return None
    words = [f"wget -q --content-on-error -O {request.saves or '-'} {_sh(request.url)}"]
    words += [f"--header={_sh(f'{name}: {value}')}" for name, value in request.all_headers]
    if request.method != "GET":
        words.append(f"--method={request.method}")
    if request.json is not None:
        words.append(f"--body-data={_sh(pretty(request.json))}")
    return _joined(words)


def _ps(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _powershell(request: SampleRequest) -> str:
    made = ["$headers = @{"]
    made += [f"  {_ps(name)} = {_ps(value)}" for name, value in request.headers]
    made.append("}")
    call = f"Invoke-RestMethod -Uri {_ps(request.url)} -Method {request.method.capitalize()}"
    call += " -Headers $headers"
    if request.json is not None:
        made += ["$body = @'", pretty(request.json), "'@"]
        call += " -ContentType 'application/json; charset=utf-8' -Body $body"
    if request.form:
        made.append("$form = @{")
        for part in request.form:
            value = f"Get-Item {_ps(part.file)}" if part.file else _ps(part.text)
            made.append(f"  {_ps(part.name)} = {value}")
        made.append("}")
        call += " -Form $form"
    if request.saves:
        call += f" -OutFile {_ps(request.saves)}"
    return "\n".join([*made, call]) + "\n"


SHELL = Language(
    "shell",
    "Shell",
    (
        Variant("curl", "cURL", "bash", _curl),
        Variant("curl-windows", "cURL-Windows", "batch", _curl_windows),
        Variant("httpie", "HTTPie", "bash", _httpie),
        Variant("wget", "wget", "bash", _wget),
        Variant("powershell", "PowerShell", "powershell", _powershell),
    ),
)
