"""R with httr."""

from waystation.control.docs_site.samples.request import (
    Language,
    SampleRequest,
    Variant,
    lines,
    pretty,
    quoted,
)


def _httr(request: SampleRequest) -> str:
    made = ["library(httr)", ""]
    if request.json is not None:
        made += ['json <- r"---(', pretty(request.json), ')---"', ""]
    made += ["response <- VERB(", f"  {quoted(request.method)},", f"  {quoted(request.url)}"]
    if request.all_headers:
        made[-1] += ","
        made.append("  add_headers(")
        rows = [f"    {quoted(name)} = {quoted(value)}" for name, value in request.all_headers]
        made += [*",\n".join(rows).split("\n"), "  )"]
    if request.json is not None:
        made[-1] += ","
        made.append("  body = json")
    if request.form:
        made[-1] += ","
        made.append("  body = list(")
        values = [
            f"    {quoted(p.name)} = "
            + (f"upload_file({quoted(p.file)})" if p.file else quoted(p.text))
            for p in request.form
        ]
        made += [*",\n".join(values).split("\n"), "  ),", '  encode = "multipart"']
    if request.saves:
        made[-1] += ","
        made.append(f"  write_disk({quoted(request.saves)}, overwrite = TRUE)")
    if request.streamed:
        made[-1] += ","
        made.append("  write_stream(function(bytes) cat(rawToChar(bytes)))")
    made.append(")")
    if not request.saves and not request.streamed:
        made.append('cat(content(response, "text", encoding = "UTF-8"))')
    return lines(*made)


R = Language("r", "R", (Variant("httr", "httr", "r", _httr),))
