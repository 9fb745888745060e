"""C#: the platform's own client, and RestSharp."""

from waystation.control.docs_site.samples.request import (
    WAIT_SECONDS,
    Language,
    SampleRequest,
    Variant,
    lines,
    pretty,
    quoted,
)


def _raw(value: object) -> str:
    return f'"""\n{pretty(value)}\n"""'


def _restsharp(request: SampleRequest) -> str:
    method = request.method.capitalize()
    made = ["using RestSharp;", ""]
    made += [f"var wait = TimeSpan.FromSeconds({WAIT_SECONDS});"]
    made.append("var client = new RestClient(new RestClientOptions { Timeout = wait });")
    made.append(f"var request = new RestRequest({quoted(request.url)}, Method.{method});")
    for name, value in request.headers:
        made.append(f"request.AddHeader({quoted(name)}, {quoted(value)});")
    if request.json is not None:
        made.append(f"request.AddStringBody({_raw(request.json)}, DataFormat.Json);")
    if request.form:
        made.append("request.AlwaysMultipartFormData = true;")
    for part in request.form:
        if part.file:
            made.append(f"request.AddFile({quoted(part.name)}, {quoted(part.file)});")
        else:
            made.append(f"request.AddParameter({quoted(part.name)}, {quoted(part.text)});")
    if request.saves:
        made.append("var response = await client.ExecuteAsync(request);")
        made.append(f"await File.WriteAllBytesAsync({quoted(request.saves)}, response.RawBytes!);")
    elif request.streamed:
        made.append("await using var events = await client.DownloadStreamAsync(request)")
        made.append('    ?? throw new HttpRequestException("no stream came");')
        made.append("await events.CopyToAsync(Console.OpenStandardOutput());")
    else:
        made.append("var response = await client.ExecuteAsync(request);")
        made.append("Console.WriteLine(response.Content);")
    return lines(*made)


def _http_client(request: SampleRequest) -> str:
    method = request.method.capitalize()
    made = [f"var wait = TimeSpan.FromSeconds({WAIT_SECONDS});"]
    made.append("using var client = new HttpClient { Timeout = wait };")
    made.append(f"using var request = new HttpRequestMessage(HttpMethod.{method},")
    made.append(f"    {quoted(request.url)});")
    for name, value in request.headers:
        made.append(f"request.Headers.TryAddWithoutValidation({quoted(name)}, {quoted(value)});")
    if request.json is not None:
        made.append(f"request.Content = new StringContent({_raw(request.json)},")
        made.append('    System.Text.Encoding.UTF8, "application/json");')
    if request.form:
        made.append("var form = new MultipartFormDataContent();")
        for part in request.form:
            name = quoted(part.name)
            if part.file:
                file = quoted(part.file)
                content = f"new StreamContent(File.OpenRead({file}))"
                made.append(f"form.Add({content}, {name}, {file});")
            else:
                made.append(f"form.Add(new StringContent({quoted(part.text)}), {name});")
        made.append("request.Content = form;")
    made.append("using var response = await client.SendAsync(request,")
    made.append("    HttpCompletionOption.ResponseHeadersRead);")
    if request.saves:
        made.append(f"await using var file = File.Create({quoted(request.saves)});")
        made.append("await response.Content.CopyToAsync(file);")
    elif request.streamed:
        made.append("await response.Content.CopyToAsync(Console.OpenStandardOutput());")
    else:
        made.append("Console.WriteLine(await response.Content.ReadAsStringAsync());")
    return lines(*made)


CSHARP = Language(
    "csharp",
    "C#",
    (
        Variant("restsharp", "RestSharp", "csharp", _restsharp),
        Variant("httpclient", "HttpClient", "csharp", _http_client),
    ),
)
