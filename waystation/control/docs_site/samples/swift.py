"""Swift with URLSession."""

from waystation.control.docs_site.samples.request import (
    BOUNDARY,
    WAIT_SECONDS,
    Language,
    SampleRequest,
    Variant,
    by_hand,
    lines,
    pretty,
    quoted,
)


def _escaped(text: str) -> str:
    return quoted(text)


def _form(request: SampleRequest) -> list[str]:
    made = ["var body = Data()"]
    for (head, value), part in zip(by_hand(request.form), request.form, strict=True):
        made.append(f"body.append(Data({_escaped(head)}.utf8))")
        if part.file:
            made.append(f"body.append(try Data(contentsOf: URL(fileURLWithPath: {quoted(value)})))")
        else:
            made.append(f"body.append(Data({_escaped(value)}.utf8))")
        made.append('body.append(Data("\\r\\n".utf8))')
    made.append(f'body.append(Data("--{BOUNDARY}--\\r\\n".utf8))')
    made.append("request.httpBody = body")
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    made.append(f'request.setValue("{kind}", forHTTPHeaderField: "Content-Type")')
    return made


def _session(request: SampleRequest) -> str:
    made = ["import Foundation", ""]
    made.append(f"var request = URLRequest(url: URL(string: {quoted(request.url)})!)")
    made.append(f"request.httpMethod = {quoted(request.method)}")
    made.append(f"request.timeoutInterval = {WAIT_SECONDS}")
    for name, value in request.all_headers:
        made.append(f"request.setValue({quoted(value)}, forHTTPHeaderField: {quoted(name)})")
    if request.json is not None:
        made.append('request.httpBody = Data(#"""')
        made += [pretty(request.json), '"""#.utf8)']
    if request.form:
        made += _form(request)
    made.append("")
    if request.streamed:
        made += [
            "let (bytes, _) = try await URLSession.shared.bytes(for: request)",
            "for try await line in bytes.lines {",
            "  print(line)",
            "}",
        ]
    else:
        made.append("let (data, _) = try await URLSession.shared.data(for: request)")
        if request.saves:
            made.append(f"try data.write(to: URL(fileURLWithPath: {quoted(request.saves)}))")
        else:
            made.append("print(String(decoding: data, as: UTF8.self))")
    return lines(*made)


SWIFT = Language("swift", "Swift", (Variant("urlsession", "URLSession", "swift", _session),))
