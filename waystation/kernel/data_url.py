"""`data:` URLs, as callers put pictures and files into JSON."""


def read_data_url(url: str) -> tuple[str, str] | None:
    """(media type in lower case without parameters, base64 text); None for what is no data URL in
    base64. The base64 itself is not looked at."""
    head, comma, data = url.partition(",")
    if not comma or head[:5].lower() != "data:":
        return None
    mime, *parameters = head[5:].split(";")
    if not parameters or parameters[-1].strip().lower() != "base64":
        return None
    mime = mime.strip().lower()
    return "image/jpeg" if mime == "image/jpg" else mime, data.strip()


def write_data_url(mime: str, data: str) -> str:
    return f"data:{mime or 'application/octet-stream'};base64,{data}"
