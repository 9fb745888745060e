"""Go with net/http."""

from waystation.control.docs_site.samples.request import (
    Language,
    SampleRequest,
    Variant,
    lines,
    pretty,
    quoted,
)

_CHECK = ["\tif err != nil {", "\t\tpanic(err)", "\t}"]


def _raw(text: str) -> str:
    return "`" + text.replace("`", '` + "`" + `') + "`"


def _imports(request: SampleRequest) -> list[str]:
    names = {"io", "net/http", "os"}
    if request.json is not None:
        names.add("strings")
    if request.form:
        names |= {"bytes", "mime/multipart"}
    return ["import (", *(f'\t"{name}"' for name in sorted(names)), ")"]


def _form(request: SampleRequest) -> list[str]:
    made = ["\tvar body bytes.Buffer", "\tform := multipart.NewWriter(&body)"]
    for part in request.form:
        if not part.file:
            made.append(f"\tform.WriteField({quoted(part.name)}, {quoted(part.text)})")
            continue
        name, file = quoted(part.name), quoted(part.file)
        made += ["\t{", f"\t\tfile, err := os.Open({file})"]
        made += ["\t" + line for line in _CHECK]
        made += [f"\t\tpart, _ := form.CreateFormFile({name}, {file})"]
        made += ["\t\tio.Copy(part, file)", "\t\tfile.Close()", "\t}"]
    return [*made, "\tform.Close()"]


def _net_http(request: SampleRequest) -> str:
    made = ["package main", "", *_imports(request), "", "func main() {"]
    body = "nil"
    if request.json is not None:
        made.append(f"\tbody := strings.NewReader({_raw(pretty(request.json))})")
        body = "body"
    if request.form:
        made += _form(request)
        body = "&body"
    call = f"http.NewRequest({quoted(request.method)}, {quoted(request.url)}, {body})"
    made += [f"\trequest, err := {call}", *_CHECK]
    for name, value in request.all_headers:
        made.append(f"\trequest.Header.Set({quoted(name)}, {quoted(value)})")
    if request.form:
        made.append('\trequest.Header.Set("Content-Type", form.FormDataContentType())')
    made += ["\tresponse, err := http.DefaultClient.Do(request)", *_CHECK]
    made.append("\tdefer response.Body.Close()")
    if request.saves:
        made += [f"\tfile, err := os.Create({quoted(request.saves)})", *_CHECK]
        made += ["\tdefer file.Close()", "\tio.Copy(file, response.Body)"]
    else:
        made.append("\tio.Copy(os.Stdout, response.Body)")
    return lines(*made, "}")


GO = Language("go", "Go", (Variant("net-http", "net/http", "go", _net_http),))
