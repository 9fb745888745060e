"""C with libcurl."""

from waystation.control.docs_site.samples.request import (
    Language,
    SampleRequest,
    Variant,
    lines,
    pretty,
    quoted,
)


def _string(text: str) -> str:
    """A literal a line; C joins them."""
    rows = text.split("\n")
    ends = ["\n"] * (len(rows) - 1) + [""]
    return "\n    ".join(quoted(row + end) for row, end in zip(rows, ends, strict=True))


def _libcurl(request: SampleRequest) -> str:
    made = ["#include <curl/curl.h>", "#include <stdio.h>", "", "int main(void) {"]
    made += ["  CURL *curl = curl_easy_init();", "  struct curl_slist *headers = NULL;"]
    for name, value in request.all_headers:
        made.append(f"  headers = curl_slist_append(headers, {quoted(f'{name}: {value}')});")
    made.append(f"  curl_easy_setopt(curl, CURLOPT_URL, {quoted(request.url)});")
    made.append(f"  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, {quoted(request.method)});")
    made.append("  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);")
    if request.json is not None:
        made.append("  const char *body =")
        made.append(f"    {_string(pretty(request.json))};")
        made.append("  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);")
    if request.form:
        made += ["  curl_mime *form = curl_mime_init(curl);", "  curl_mimepart *part;"]
        for part in request.form:
            made.append("  part = curl_mime_addpart(form);")
            made.append(f"  curl_mime_name(part, {quoted(part.name)});")
            if part.file:
                made.append(f"  curl_mime_filedata(part, {quoted(part.file)});")
            else:
                text = quoted(part.text)
                made.append(f"  curl_mime_data(part, {text}, CURL_ZERO_TERMINATED);")
        made.append("  curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);")
    if request.saves:
        made.append(f'  FILE *file = fopen({quoted(request.saves)}, "wb");')
        made.append("  curl_easy_setopt(curl, CURLOPT_WRITEDATA, file);")
    made.append("  CURLcode result = curl_easy_perform(curl);")
    if request.saves:
        made.append("  fclose(file);")
    if request.form:
        made.append("  curl_mime_free(form);")
    made += ["  curl_slist_free_all(headers);", "  curl_easy_cleanup(curl);"]
    return lines(*made, "  return result;", "}")


C = Language("c", "C", (Variant("libcurl", "libcurl", "c", _libcurl),))
