"""Dart with the package http."""

from waystation.control.docs_site.samples.request import (
    Language,
    SampleRequest,
    Variant,
    lines,
    pretty,
)


def _string(text: str) -> str:
    return (
        "'"
        + text.replace("\\", "\\\\").replace("'", "\\'").replace("$", "\\$").replace("\n", "\\n")
        + "'"
    )


def _http(request: SampleRequest) -> str:
    is_file = bool(request.saves) or request.streamed
    made = ["import 'dart:io';" if is_file else "import 'dart:convert';"]
    made += ["import 'package:http/http.dart' as http;", "", "Future<void> main() async {"]
    made.append(f"  final url = Uri.parse({_string(request.url)});")
    kind = "MultipartRequest" if request.form else "Request"
    made.append(f"  final request = http.{kind}({_string(request.method)}, url);")
    if request.all_headers:
        made.append("  request.headers.addAll({")
        made += [f"    {_string(name)}: {_string(value)}," for name, value in request.all_headers]
        made.append("  });")
    if request.json is not None:
        json = pretty(request.json).replace("'''", "''\\u0027")
        made += ["  request.body = r'''", json + "''';"]
    for part in request.form:
        name = _string(part.name)
        if part.file:
            file = f"await http.MultipartFile.fromPath({name}, {_string(part.file)})"
            made.append(f"  request.files.add({file});")
        else:
            made.append(f"  request.fields[{name}] = {_string(part.text)};")
    made.append("  final response = await request.send();")
    if request.saves:
        made.append(f"  await response.stream.pipe(File({_string(request.saves)}).openWrite());")
    elif request.streamed:
        made.append("  await stdout.addStream(response.stream);")
    else:
        made.append("  print(await response.stream.transform(utf8.decoder).join());")
    return lines(*made, "}")


DART = Language("dart", "Dart", (Variant("http", "http", "dart", _http),))
