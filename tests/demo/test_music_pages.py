"""The demo's pages of songs: a list renders a few at a time."""

import json
from typing import Any

import pytest

from waystation.demo.music import pages, song


def test_a_long_list_does_not_render_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: set[Any] = set()

    def files(order: Any, number: int) -> song.Files:
        rendered.add((order, number))
        return song.Files(1.0, b"mp3", b"wav", b"mp4")

    monkeypatch.setattr(song, "files_of", files)
    monkeypatch.setattr(song, "cover_of", lambda order, number: b"jpeg")
    ids = []
    for at in range(5):
        status, body = pages.answer("/suno/submit/music", b'{"prompt":"song %d"}' % at, 0)
        assert status == 200
        ids.append(json.loads(body)["data"])
    odd = [*ids, None, 7, "nobody's"]
    status, body = pages.answer("/suno/fetch", json.dumps({"ids": odd}).encode(), 0)
    told = json.loads(body)["data"]
    assert (status, [task["task_id"] for task in told]) == (200, ids)
    assert [task["status"] for task in told] == ["SUCCESS"] * 2 + ["IN_PROGRESS"] * 3
    assert len(rendered) == 4
