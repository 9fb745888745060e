"""PHP: cURL and Guzzle."""

from typing import Any

from waystation.control.docs_site.samples.request import (
    Language,
    SampleRequest,
    Variant,
    lines,
    pretty,
    single,
)


def _literal(value: Any, by: int) -> str:
    if isinstance(value, str):
        return single(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    inner = " " * (by + 4)
    if isinstance(value, dict):
        rows = [f"{inner}{single(key)} => {_literal(v, by + 4)},\n" for key, v in value.items()]
        if not rows:
            return "new stdClass()"
    else:
        rows = [f"{inner}{_literal(one, by + 4)},\n" for one in value]
        if not rows:
            return "[]"
    return "[\n" + "".join(rows) + " " * by + "]"


def _curl(request: SampleRequest) -> str:
    made = ["<?php", "", f"$request = curl_init({single(request.url)});"]
    made.append("curl_setopt_array($request, [")
    made.append(f"    CURLOPT_CUSTOMREQUEST => {single(request.method)},")
    made.append("    CURLOPT_HTTPHEADER => [")
    made += [f"        {single(f'{name}: {value}')}," for name, value in request.all_headers]
    made.append("    ],")
    if request.json is not None:
        made += ["    CURLOPT_POSTFIELDS => <<<'JSON'", pretty(request.json), "JSON,"]
    if request.form:
        made.append("    CURLOPT_POSTFIELDS => [")
        for part in request.form:
            value = f"new CURLFile({single(part.file)})" if part.file else single(part.text)
            made.append(f"        {single(part.name)} => {value},")
        made.append("    ],")
    if request.saves:
        made.append(f"    CURLOPT_FILE => fopen({single(request.saves)}, 'wb'),")
    elif not request.streamed:
        made.append("    CURLOPT_RETURNTRANSFER => true,")
    made.append("]);")
    plain = not request.saves and not request.streamed
    made.append("echo curl_exec($request);" if plain else "curl_exec($request);")
    return lines(*made)


def _guzzle(request: SampleRequest) -> str:
    made = [
        "<?php",
        "",
        "require 'vendor/autoload.php';",
        "",
        "$client = new GuzzleHttp\\Client();",
    ]
    made.append(f"$response = $client->request({single(request.method)}, {single(request.url)}, [")
    made.append("    'http_errors' => false,")
    if request.headers:
        made.append(f"    'headers' => {_literal(dict(request.headers), 4)},")
    if request.json is not None:
        made.append(f"    'json' => {_literal(request.json, 4)},")
    if request.form:
        made.append("    'multipart' => [")
        for part in request.form:
            value = f"fopen({single(part.file)}, 'rb')" if part.file else single(part.text)
            made.append(f"        ['name' => {single(part.name)}, 'contents' => {value}],")
        made.append("    ],")
    if request.saves:
        made.append(f"    'sink' => {single(request.saves)},")
    if request.streamed:
        made.append("    'stream' => true,")
    made.append("]);")
    if request.streamed:
        made += ["$body = $response->getBody();", "while (!$body->eof()) {"]
        made += ["    echo $body->read(1024);", "}"]
    elif not request.saves:
        made.append("echo $response->getBody();")
    return lines(*made)


PHP = Language(
    "php",
    "PHP",
    (Variant("curl", "cURL", "php", _curl), Variant("guzzle", "Guzzle", "php", _guzzle)),
)
