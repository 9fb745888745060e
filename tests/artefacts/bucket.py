"""A small S3 on a Rogue: put, get with ranges, delete, list. Signatures are wanted, not checked."""

import re
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.support.rogue import Rogue
from tests.support.script import Script, Seen, head

_STAMP = "2026-01-02T03:04:05.000Z"


class Bucket:
    """objects: by path, bucket included. denied: answer 403 to everything."""

    def __init__(self, rogue: Rogue) -> None:
        self.objects: dict[str, bytes] = {}
        self.denied = False
        rogue.answer(self.answer)

    def answer(self, seen: Seen) -> Script:
        path, query = unquote(seen.path).lstrip("/"), urlsplit(seen.target).query
        if self.denied or "authorization" not in seen.headers:
            return _reply(403, b"<Error><Code>AccessDenied</Code></Error>")
        if "list-type" in parse_qs(query):
            return self._list(path.split("/")[0], parse_qs(query).get("prefix", [""])[0])
        if seen.method == "PUT":
            self.objects[path] = seen.body
            return _reply(200)
        if seen.method == "POST" and "delete" in parse_qs(query, keep_blank_values=True):
            return self._delete(path, seen.body.decode())
        data = self.objects.get(path)
        if data is None:
            return _reply(404, b"<Error><Code>NoSuchKey</Code></Error>")
        return self._get(data, seen.headers.get("range"))

    def _delete(self, bucket: str, asked: str) -> Script:
        keys = re.findall(r"<Key>([^<]*)</Key>", asked)
        for key in keys:
            self.objects.pop(f"{bucket}/{key}", None)
        done = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return _reply(200, f"<DeleteResult>{done}</DeleteResult>".encode())

    def _get(self, data: bytes, span: str | None) -> Script:
        if span is None:
            return _reply(200, data)
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", span)
        assert found, span
        start, end = int(found[1]), min(int(found[2]) + 1, len(data))
        told = {"content-range": f"bytes {start}-{end - 1}/{len(data)}"}
        return _reply(206, data[start:end], **told)

    def _list(self, bucket: str, prefix: str) -> Script:
        entries = "".join(
            f"<Contents><Key>{escape(path.removeprefix(bucket + '/'))}</Key><Size>{len(data)}"
            f'</Size><LastModified>{_STAMP}</LastModified><ETag>"e"</ETag></Contents>'
            for path, data in self.objects.items()
            if path.startswith(f"{bucket}/{prefix}")
        )
        page = f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
        return _reply(200, page.encode())


def _reply(status: int, body: bytes = b"", **more: str) -> Script:
    told = {
        "content-length": str(len(body)),
        "etag": '"e"',
        "last-modified": formatdate(1767323045, usegmt=True),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return (head(status, told) + body,)
