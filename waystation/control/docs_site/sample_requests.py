"""An operation's example as a request that can be run, with the deployment's address."""

from typing import Any
from urllib.parse import quote

from waystation.control.docs_site.samples import Part, SampleRequest
from waystation.control.docs_site.specification import Node, Specification

KEY = "sk-YOUR-KEY"
ACCESS_TOKEN = "YOUR-ACCESS-TOKEN"  # noqa: S105  a placeholder
_SOUND_ENDS = {
    "audio/mpeg": "speech.mp3",
    "image/png": "picture.png",
    "image/svg+xml": "picture.svg",
}


def sample_request(
    specification: Specification, operation: str, example: str = "", model: str = ""
) -> SampleRequest:
    """example: the name of a request example, "" the first. model: in place of the example's."""
    method, path, told = specification.operation(operation)
    address, headers = _address(path, told, model)
    value = json_example(told, example, model)
    form = None if example_of(told, "application/json", example) else form_example(told, model)
    streamed = operation == "streamGenerateContent" or _is_streamed(value)
    return SampleRequest(
        method=method.upper(),
        url=specification.base_url + address,
        headers=(*authorization(told), *headers),
        json=value if form is None else None,
        form=form or (),
        streamed=streamed,
        saves="" if streamed else _saved(specification, operation),
    )


def authorization(operation: Node) -> tuple[tuple[str, str], ...]:
    """The header that opens the call, as its own clients send it."""
    schemes = [name for each in operation.get("security", ()) for name in each]
    if not schemes:
        return ()
    if schemes[0] == "bearer":
        return (("Authorization", f"Bearer {KEY}"),)
    if "accessToken" in schemes or "session" in schemes:
        return (("Authorization", f"Bearer {ACCESS_TOKEN}"),)
    return (("Authorization", f"Bearer {KEY}"),)


def _address(path: str, told: Node, model: str) -> tuple[str, list[tuple[str, str]]]:
    """(path with its parameters and query, further headers)."""
    query, headers = [], []
    for parameter in told["parameters"]:
        name, example = parameter["name"], parameter.get("example")
        if parameter["in"] == "path":
            shown = model if name == "model" and model else str(example)
            path = path.replace(f"{{{name}}}", quote(shown, safe="-._~,"))
        elif parameter["in"] == "query" and parameter.get("required"):
            query.append(f"{name}={quote(str(example), safe='-._~')}")
        elif name == "alt":
            query.append("alt=sse")
        elif name == "anthropic-version" and "default" in parameter["schema"]:
            headers.append((name, parameter["schema"]["default"]))
    return path + ("?" + "&".join(query) if query else ""), headers


def example_of(told: Node, media: str, name: str) -> tuple[Any] | None:
    """The value of the named request example, or of the first; in a tuple, for it may be null."""
    content = told.get("requestBody", {}).get("content", {}).get(media, {})
    examples = content.get("examples", {})
    if not examples or (name and name not in examples):
        return None
    return (examples[name or next(iter(examples))]["value"],)


def json_example(told: Node, name: str, model: str) -> Any:
    found = example_of(told, "application/json", name)
    if found is None:
        return None
    (value,) = found
    if model and isinstance(value, dict) and "model" in value:
        value = value | {"model": model}
    return value


def form_example(told: Node, model: str) -> tuple[Part, ...] | None:
    found = example_of(told, "multipart/form-data", "")
    if found is None:
        return None
    (value,) = found
    schema = told["requestBody"]["content"]["multipart/form-data"]["schema"]
    return tuple(
        Part(name, file=text)
        if name in ("file", "image", "mask", "image_file")
        else Part(name, text=model if name == "model" and model else str(text))
        for name, text in value.items()
        if schema
    )


def _is_streamed(value: Any) -> bool:
    return isinstance(value, dict) and value.get("stream") is True


def _saved(specification: Specification, operation: str) -> str:
    """The file for a reply of bytes, which is the first thing that such an operation answers."""
    for status, media, _ in specification.media(operation):
        if status == "200":
            return _SOUND_ENDS.get(media, "")
    return ""
