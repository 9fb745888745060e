"""OCaml with cohttp."""

from waystation.control.docs_site.samples.request import (
    BOUNDARY,
    Language,
    SampleRequest,
    Variant,
    by_hand,
    lines,
    pretty,
)


def _string(text: str) -> str:
    for plain, escape in (("\\", "\\\\"), ('"', '\\"'), ("\r", "\\r"), ("\n", "\\n")):
        text = text.replace(plain, escape)
    return f'"{text}"'


def _form(request: SampleRequest) -> list[str]:
    made = []
    if any(part.file for part in request.form):
        made += ["let read file =", "  let channel = open_in_bin file in"]
        made += ["  really_input_string channel (in_channel_length channel)", ""]
    made += ["let form =", "  String.concat"]
    made += ['    "\\r\\n"', "    ["]
    for (head, value), part in zip(by_hand(request.form), request.form, strict=True):
        content = f"read {_string(value)}" if part.file else _string(value)
        made.append(f"      {_string(head)} ^ {content};")
    made += [f'      "--{BOUNDARY}--\\r\\n";', "    ]", ""]
    return made


def _cohttp(request: SampleRequest) -> str:
    headers = list(request.all_headers)
    made = ["open Lwt.Syntax", "open Cohttp_lwt_unix", ""]
    body = ""
    if request.json is not None:
        made += ["let json =", "  {json|" + pretty(request.json) + "|json}", ""]
        body = " ~body:(Cohttp_lwt.Body.of_string json)"
    if request.form:
        made += _form(request)
        headers.append(("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"))
        body = " ~body:(Cohttp_lwt.Body.of_string form)"
    if headers:
        made += ["let headers =", "  Cohttp.Header.of_list", "    ["]
        made += [f"      ({_string(name)}, {_string(value)});" for name, value in headers]
        made += ["    ]", ""]
    told = (" ~headers" if headers else "") + body
    made += ["let main =", f"  let url = Uri.of_string {_string(request.url)} in"]
    made.append(f"  let* _, body = Client.call{told} `{request.method} url in")
    if request.saves:
        made.append("  let* bytes = Cohttp_lwt.Body.to_string body in")
        made.append(f"  Lwt_io.with_file ~mode:Output {_string(request.saves)} (fun file ->")
        made.append("      Lwt_io.write file bytes)")
    elif request.streamed:
        made.append("  Lwt_stream.iter_s Lwt_io.print (Cohttp_lwt.Body.to_stream body)")
    else:
        made.append("  let* text = Cohttp_lwt.Body.to_string body in")
        made.append("  Lwt_io.printl text")
    return lines(*made, "", "let () = Lwt_main.run main")


OCAML = Language("ocaml", "OCaml", (Variant("cohttp", "cohttp", "ocaml", _cohttp),))
