"""JavaScript: the platform's own ways, and the libraries that people use."""

from waystation.control.docs_site.samples.request import (
    Language,
    SampleRequest,
    Variant,
    indented,
    lines,
    pretty,
    quoted,
)


def _headers(request: SampleRequest, by: int) -> str:
    return indented(pretty(dict(request.all_headers)), by)


def _body(request: SampleRequest, by: int) -> str | None:
    if request.json is None:
        return None
    return f"JSON.stringify({indented(pretty(request.json), by)})"


def _node_form(request: SampleRequest) -> list[str]:
    made = ["const form = new FormData();"]
    for part in request.form:
        name = quoted(part.name)
        if part.file:
            file = quoted(part.file)
            made.append(f"form.append({name}, await openAsBlob({file}), {file});")
        else:
            made.append(f"form.append({name}, {quoted(part.text)});")
    return made


def _browser_form(request: SampleRequest) -> list[str]:
    made = ["const form = new FormData();"]
    for part in request.form:
        value = f'document.querySelector("input[name={part.name}]").files[0]'
        value = value if part.file else quoted(part.text)
        made.append(f"form.append({quoted(part.name)}, {value});")
    return made


def _fetch(request: SampleRequest) -> str:
    made = []
    if request.saves:
        made.append('import { writeFile } from "node:fs/promises";')
    if request.form:
        made += ['import { openAsBlob } from "node:fs";', "", *_node_form(request)]
    if made:
        made.append("")
    made += [f"const response = await fetch({quoted(request.url)}, {{"]
    made += [f"  method: {quoted(request.method)},", f"  headers: {_headers(request, 2)},"]
    body = "form" if request.form else _body(request, 2)
    if body:
        made.append(f"  body: {body},")
    made.append("});")
    if request.saves:
        made += [
            f"await writeFile({quoted(request.saves)}, Buffer.from(await response.arrayBuffer()));"
        ]
    elif request.streamed:
        made += [
            "for await (const text of response.body.pipeThrough(new TextDecoderStream())) {",
            "  console.log(text);",
            "}",
        ]
    else:
        made.append("console.log(await response.text());")
    return lines(*made)


def _axios(request: SampleRequest) -> str:
    made = ['import axios from "axios";']
    if request.saves:
        made.append('import { writeFile } from "node:fs/promises";')
    if request.form:
        made += ['import { openAsBlob } from "node:fs";', "", *_node_form(request)]
    made += ["", "const response = await axios({"]
    made += [f"  method: {quoted(request.method)},", f"  url: {quoted(request.url)},"]
    made.append(f"  headers: {_headers(request, 2)},")
    if request.json is not None:
        made.append(f"  data: {indented(pretty(request.json), 2)},")
    if request.form:
        made.append("  data: form,")
    if request.saves or request.streamed:
        kind = "arraybuffer" if request.saves else "stream"
        made.append(f"  responseType: {quoted(kind)},")
    made += ["  validateStatus: () => true,", "});"]
    if request.saves:
        made.append(f"await writeFile({quoted(request.saves)}, response.data);")
    elif request.streamed:
        made.append("response.data.pipe(process.stdout);")
    else:
        made.append("console.log(JSON.stringify(response.data, null, 2));")
    return lines(*made)


def _shown(request: SampleRequest, blob: str) -> list[str]:
    """Of a browser, which saves no files: the picture on the page, the sound at once."""
    address = f"URL.createObjectURL({blob})"
    if not request.saves.endswith(".png"):
        return [f"  new Audio({address}).play();"]
    return [
        "  const picture = new Image();",
        f"  picture.src = {address};",
        "  document.body.append(picture);",
    ]


def _jquery(request: SampleRequest) -> str:
    made = [*_browser_form(request), ""] if request.form else []
    made += ["$.ajax({", f"  url: {quoted(request.url)},", f"  method: {quoted(request.method)},"]
    made.append(f"  headers: {_headers(request, 2)},")
    if request.form:
        made += ["  data: form,", "  processData: false,", "  contentType: false,"]
    elif request.json is not None:
        made.append(f"  data: {_body(request, 2)},")
    if request.saves:
        made.append('  xhrFields: { responseType: "blob" },')
        made += ["}).done((blob) => {", *_shown(request, "blob"), "});"]
    elif request.streamed:
        told = "(event) => console.log(event.target.responseText)"
        made += [f"  xhrFields: {{ onprogress: {told} }},", "});"]
    else:
        made.append("}).done((answer) => console.log(answer))")
        made.append("  .fail((refusal) => console.log(refusal.responseText));")
    return lines(*made)


def _xhr(request: SampleRequest) -> str:
    made = [*_browser_form(request), ""] if request.form else []
    made += [
        "const request = new XMLHttpRequest();",
        f"request.open({quoted(request.method)}, {quoted(request.url)});",
    ]
    for name, value in request.all_headers:
        made.append(f"request.setRequestHeader({quoted(name)}, {quoted(value)});")
    if request.saves:
        made.append('request.responseType = "blob";')
        made += ["request.onload = () => {", *_shown(request, "request.response"), "};"]
    elif request.streamed:
        made.append("request.onprogress = () => console.log(request.responseText);")
    else:
        made.append("request.onload = () => console.log(request.responseText);")
    body = "form" if request.form else _body(request, 0)
    made.append(f"request.send({body or ''});")
    return lines(*made)


def _node(request: SampleRequest) -> str | None:
    if request.form:
        return None
    module = request.url.partition("://")[0]
    made = [f'import {module} from "node:{module}";']
    if request.saves:
        made.append('import { createWriteStream } from "node:fs";')
    made += ["", f"const request = {module}.request({quoted(request.url)}, {{"]
    made += [f"  method: {quoted(request.method)},", f"  headers: {_headers(request, 2)},"]
    made.append("}, (response) => {")
    if request.saves:
        made.append(f"  response.pipe(createWriteStream({quoted(request.saves)}));")
    else:
        made.append("  response.pipe(process.stdout);")
    made.append("});")
    made.append(f"request.end({_body(request, 0) or ''});")
    return lines(*made)


def _request(request: SampleRequest) -> str:
    made = ['const fs = require("node:fs");'] if request.form or request.saves else []
    made += ['const request = require("request");', "", "request({"]
    made += [f"  method: {quoted(request.method)},", f"  url: {quoted(request.url)},"]
    made.append(f"  headers: {_headers(request, 2)},")
    if request.json is not None:
        made.append(f"  body: {_body(request, 2)},")
    if request.form:
        made.append("  formData: {")
        for part in request.form:
            value = f"fs.createReadStream({quoted(part.file)})" if part.file else quoted(part.text)
            made.append(f"    {quoted(part.name)}: {value},")
        made.append("  },")
    target = f"fs.createWriteStream({quoted(request.saves)})" if request.saves else "process.stdout"
    made.append(f"}}).pipe({target});")
    return lines(*made)


def _unirest(request: SampleRequest) -> str:
    made = ['const fs = require("node:fs");'] if request.saves else []
    made += ['const unirest = require("unirest");', ""]
    made.append(f"unirest({quoted(request.method)}, {quoted(request.url)})")
    made.append(f"  .headers({_headers(request, 2)})")
    if request.json is not None:
        made.append(f"  .send({_body(request, 2)})")
    for part in request.form:
        if part.file:
            made.append(f"  .attach({quoted(part.name)}, {quoted(part.file)})")
        else:
            made.append(f"  .field({quoted(part.name)}, {quoted(part.text)})")
    if request.saves:
        made.append("  .encoding(null)")
        told = f"fs.writeFileSync({quoted(request.saves)}, response.raw_body)"
        made.append(f"  .end((response) => {told});")
    else:
        made.append("  .end((response) => console.log(response.raw_body));")
    return lines(*made)


JAVASCRIPT = Language(
    "javascript",
    "JavaScript",
    (
        Variant("fetch", "fetch", "javascript", _fetch),
        Variant("axios", "axios", "javascript", _axios),
        Variant("jquery", "jQuery", "javascript", _jquery),
        Variant("xhr", "XHR", "javascript", _xhr),
        Variant("node", "Node native", "javascript", _node),
        Variant("request", "request", "javascript", _request),
        Variant("unirest", "unirest", "javascript", _unirest),
    ),
)
