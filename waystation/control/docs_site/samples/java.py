"""Java: the JDK's own client, Unirest, OkHttp."""

from waystation.control.docs_site.samples.request import (
    WAIT_SECONDS,
    Language,
    SampleRequest,
    Variant,
    indented,
    lines,
    pretty,
    quoted,
)


def _block(value: object, by: int) -> str:
    text = pretty(value).replace("\\", "\\\\")
    return indented(f'"""\n{text}"""', by)


def _client(request: SampleRequest) -> str | None:
    if request.form:
        return None
    made = ["import java.net.URI;", "import java.net.http.*;"]
    if request.saves:
        made.append("import java.nio.file.Path;")
        made.append("import static java.nio.file.StandardOpenOption.*;")
    made += ["", "class Main {", "  public static void main(String[] args) throws Exception {"]
    made.append(f"    var request = HttpRequest.newBuilder(URI.create({quoted(request.url)}))")
    made += [f"      .header({quoted(n)}, {quoted(v)})" for n, v in request.all_headers]
    publisher = "HttpRequest.BodyPublishers.noBody()"
    if request.json is not None:
        publisher = f"HttpRequest.BodyPublishers.ofString({_block(request.json, 8)})"
    made.append(f"      .method({quoted(request.method)}, {publisher})")
    made.append("      .build();")
    if request.saves:
        file = f"Path.of({quoted(request.saves)}), CREATE, WRITE, TRUNCATE_EXISTING"
        handler = f"HttpResponse.BodyHandlers.ofFile(\n        {file})"
    elif request.streamed:
        handler = "HttpResponse.BodyHandlers.ofLines()"
    else:
        handler = "HttpResponse.BodyHandlers.ofString()"
    made.append("    var response = HttpClient.newHttpClient().send(")
    made.append(f"      request, {handler});")
    if request.streamed:
        made.append("    response.body().forEach(System.out::println);")
    elif request.saves:
        made.append("    System.out.println(response.statusCode());")
    else:
        made.append("    System.out.println(response.body());")
    return lines(*made, "  }", "}")


def _unirest(request: SampleRequest) -> str:
    made = ["import kong.unirest.*;"]
    if request.form:
        made.append("import java.io.File;")
    if request.saves:
        made.append("import java.nio.file.StandardCopyOption;")
    made += ["", "class Main {", "  public static void main(String[] args) {"]
    made.append(f"    Unirest.config().socketTimeout({WAIT_SECONDS * 1000});")
    name = "" if request.streamed else "var saved = " if request.saves else "var response = "
    method = quoted(request.method)
    made.append(f"    {name}Unirest.request({method}, {quoted(request.url)})")
    made += [f"      .header({quoted(n)}, {quoted(v)})" for n, v in request.all_headers]
    if request.json is not None:
        made.append(f"      .body({_block(request.json, 8)})")
    for part in request.form:
        value = f"new File({quoted(part.file)})" if part.file else quoted(part.text)
        made.append(f"      .field({quoted(part.name)}, {value})")
    if request.saves:
        file = f"{quoted(request.saves)}, StandardCopyOption.REPLACE_EXISTING"
        made.append(f"      .asFile({file});")
        made.append("    System.out.println(saved.getStatus());")
    elif request.streamed:
        made.append("      .thenConsume(raw -> new java.io.BufferedReader(raw.getContentReader())")
        made.append("        .lines().forEach(System.out::println));")
    else:
        made += ["      .asString();", "    System.out.println(response.getBody());"]
    return lines(*made, "  }", "}")


def _okhttp(request: SampleRequest) -> str:
    made = ["import okhttp3.*;"]
    if request.form:
        made.append("import java.io.File;")
    if request.saves:
        made.append("import java.nio.file.*;")
    made += ["", "class Main {", "  public static void main(String[] args) throws Exception {"]
    body = "null" if request.method == "GET" else 'RequestBody.create("", null)'
    if request.json is not None:
        body = "body"
        made.append(f"    var body = RequestBody.create({_block(request.json, 6)},")
        made.append('      MediaType.get("application/json"));')
    if request.form:
        body = "form"
        made.append("    var form = new MultipartBody.Builder().setType(MultipartBody.FORM)")
        for part in request.form:
            name = quoted(part.name)
            if part.file:
                file = quoted(part.file)
                content = f"RequestBody.create(new File({file}), null)"
                made.append(f"      .addFormDataPart({name}, {file}, {content})")
            else:
                made.append(f"      .addFormDataPart({name}, {quoted(part.text)})")
        made.append("      .build();")
    made.append(f"    var request = new Request.Builder().url({quoted(request.url)})")
    made += [f"      .header({quoted(n)}, {quoted(v)})" for n, v in request.headers]
    made.append(f"      .method({quoted(request.method)}, {body}).build();")
    made.append("    var client = new OkHttpClient.Builder()")
    made.append(f"      .readTimeout(java.time.Duration.ofSeconds({WAIT_SECONDS})).build();")
    made.append("    try (var response = client.newCall(request).execute()) {")
    if request.saves:
        made.append(
            f"      Files.write(Path.of({quoted(request.saves)}), response.body().bytes());"
        )
    elif request.streamed:
        made.append("      response.body().byteStream().transferTo(System.out);")
    else:
        made.append("      System.out.println(response.body().string());")
    return lines(*made, "    }", "  }", "}")


JAVA = Language(
    "java",
    "Java",
    (
        Variant("httpclient", "HttpClient", "java", _client),
        Variant("unirest", "Unirest", "java", _unirest),
        Variant("okhttp", "OkHttp", "java", _okhttp),
    ),
)
