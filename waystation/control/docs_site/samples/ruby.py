"""Ruby with Net::HTTP."""

from waystation.control.docs_site.samples.request import (
    Language,
    SampleRequest,
    Variant,
    lines,
    pretty,
    single,
)


def _net_http(request: SampleRequest) -> str:
    secure = "true" if request.url.startswith("https") else "false"
    made = ['require "net/http"', "", f"uri = URI({single(request.url)})"]
    made.append(f"request = Net::HTTP::{request.method.capitalize()}.new(uri)")
    for name, value in request.all_headers:
        made.append(f"request[{single(name)}] = {single(value)}")
    if request.json is not None:
        made += ["request.body = <<~'JSON'"]
        made += [f"  {row}" for row in pretty(request.json).split("\n")]
        made.append("JSON")
    if request.form:
        made.append("request.set_form([")
        for part in request.form:
            value = f'File.open({single(part.file)}, "rb")' if part.file else single(part.text)
            made.append(f"  [{single(part.name)}, {value}],")
        made.append('], "multipart/form-data")')
    options = f"use_ssl: {secure}, read_timeout: 300"
    made += ["", f"Net::HTTP.start(uri.host, uri.port, {options}) do |http|"]
    if request.streamed:
        made += ["  http.request(request) do |response|"]
        made += ["    response.read_body { |text| print text }", "  end"]
    elif request.saves:
        made.append(f"  File.binwrite({single(request.saves)}, http.request(request).body)")
    else:
        made.append("  puts http.request(request).body")
    return lines(*made, "end")


RUBY = Language("ruby", "Ruby", (Variant("net-http", "Net::HTTP", "ruby", _net_http),))
