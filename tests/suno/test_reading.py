"""What is pure of it: names, ids, bodies and answers of each form, the blocks of a chat answer."""

import json
from uuid import UUID

import pytest

from waystation.dialects.suno import clip_ids, pages, songs
from waystation.dialects.suno.blocks import HEART, HEARTS_A_LINE, Blocks, Song
from waystation.dialects.suno.chat_answer import read_songs
from waystation.dialects.suno.forms import read_concat, read_fetch, read_music, read_upload
from waystation.dialects.suno.job import Job
from waystation.dialects.suno.names import makes_songs, own_model, price_names
from waystation.dialects.suno.seen import Clip, read_clips, read_words, whole
from waystation.errors import Fault
from waystation.tasks.suno.made import Made, merged, ordered


def test_names() -> None:
    for name in ("suno", "suno-v2", "suno-v3", "suno-v3.5", "suno-v4", "suno-v5"):
        assert makes_songs(name)
    for name in ("suno_music", "suno-chat", "sunovia", "suno-", "gpt-4o", "my-suno-v3"):
        assert not makes_songs(name)
    assert own_model("suno-v3.5") == "chirp-v3-5"
    assert own_model("suno_music", "chirp-v5") == "chirp-v5"
    assert own_model("chirp-auk", "chirp-v5") == "chirp-auk"
    assert own_model("suno") == "chirp-v3-0"
    assert price_names("MUSIC", "chirp-v4") == ("suno_music_chirp-v4", "suno_music")
    assert price_names("LYRICS", "chirp-v4") == ("suno_lyrics",)


def test_ids_tell_whose_a_song_is() -> None:
    for _ in range(50):
        task_id = clip_ids.draw()
        assert UUID(task_id).version == 4
        assert clip_ids.task_of(task_id) == (task_id, 0)
        for number in (1, 2, 255):
            song = clip_ids.clip_id(task_id, number)
            assert str(UUID(song)) == song
            assert clip_ids.task_of(song.upper()) == (task_id, number)
    for wrong in ("", "x", "up-1", "6b1f0c52"):
        with pytest.raises(ValueError, match="UUID"):
            clip_ids.task_of(wrong)


def test_bodies() -> None:
    job = read_music(
        b'{"gpt_description_prompt":"","prompt":"la","tags":7,"mv":"CHIRP-V4","continue_at":"1.5",'
        b'"make_instrumental":"true","notify_hook":null,"unknown":[1]}'
    )
    assert (job.prompt, job.tags, job.model, job.at) == ("la", "7", "chirp-v4", 1.5)
    assert job.is_custom
    assert job.instrumental
    assert read_music(b'{"make_instrumental":1,"tags":"x"}').prompt == ""
    assert read_music(b'{"clip_id":"c","is_infill":true}').action == "CONCAT"
    assert read_concat(b'{"clip_id":"c"}').clip == "c"
    assert read_upload(b'{"url":"https://x"}').shown_prompt == "https://x"
    assert read_fetch(b'{"ids":["a","b","a"]}') == ["a", "b"]
    for reader, body in (
        (read_music, b'{"prompt":"x","task_id":"t"}'),
        (read_music, b'{"prompt":"x","continue_at":-1}'),
        (read_music, b'{"prompt":"x","continue_at":true}'),
        (read_music, b'{"prompt":true}'),
        (read_upload, b"{}"),
        (read_fetch, b'{"ids":"a"}'),
        (read_fetch, b'{"ids":[7]}'),
    ):
        with pytest.raises(Fault) as refused:
            reader(body)
        assert refused.value.status == 400


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (Job(action="LYRICS", prompt="x"), {"prompt": "x"}),
        (Job(action="CONCAT", clip="c", is_infill=True), {"clip_id": "up", "is_infill": True}),
        (Job(action="UPLOAD", url="https://x"), {"url": "https://x"}),
        (
            Job(action="MUSIC", description="d"),
            {"gpt_description_prompt": "d", "prompt": "", "mv": "m", "make_instrumental": False},
        ),
        (
            Job(action="MUSIC", prompt="p", negative_tags="n", clip="c", at=3),
            {
                "prompt": "p", "tags": "", "title": "", "negative_tags": "n", "mv": "m",
                "make_instrumental": False, "continue_clip_id": "up", "continue_at": 3.0,
                "task_id": "t",
            },
        ),
    ],
)  # fmt: skip
def test_submits_of_the_task_pages(job, expected) -> None:
    parent = "t" if job.at else ""
    assert json.loads(pages.write_submit(job, "m", parent, "up" if job.clip else "")) == expected


def test_answers_of_the_task_pages() -> None:
    assert pages.read_submitted(b'{"code":1,"data":{"task_id":"t"}}') == "t"
    assert pages.read_submitted(b'{"code":"SUCCESS","data":7}') == "7"
    with pytest.raises(pages.Declined, match="no quota"):
        pages.read_submitted(b'{"code":"quota","message":"no quota"}')
    with pytest.raises(pages.Malformed):
        pages.read_submitted(b'{"code":1,"data":null}')
    assert pages.read_tasks(b'{"code":1,"data":null}') == []
    task = {
        "task_id": "t", "action": "MUSIC", "status": "processing", "progress": "41.5%",
        "data": {"clips": {"a": {"id": "a", "status": "queued", "duration": "12.345"}}},
    }  # fmt: skip
    (seen,) = pages.read_tasks(json.dumps({"code": 200, "data": task}).encode())
    assert (seen.status, seen.progress) == ("IN_PROGRESS", 41)
    assert (seen.clips[0].status, seen.clips[0].duration) == ("queued", 12.35)


def test_answers_of_song_pages() -> None:
    upstream_id, seen = songs.read_submitted(
        b'{"clips":[{"id":"a"},{"id":"b"}],"session_id":3}', Job(action="MUSIC")
    )
    assert (upstream_id, seen.status) == ("a,b?session_id=3", "SUBMITTED")
    assert (songs.clip_ids(upstream_id), songs.session_of(upstream_id)) == (
        ["a", "b"],
        "?session_id=3",
    )
    with pytest.raises(pages.Declined, match="no account"):
        songs.read_submitted(b'{"detail":"no account"}', Job(action="MUSIC"))
    with pytest.raises(pages.Declined):
        songs.read_submitted(b'{"error":"no"}', Job(action="LYRICS"))
    known = songs.read_feed(b'[{"id":"b","status":"complete"},{"id":"a","status":"error"}]')
    joined = songs.joined(upstream_id, known)
    assert joined is not None
    assert joined.status == "SUCCESS"
    assert [clip.id for clip in joined.clips] == ["a", "b"]
    assert songs.joined("x,y", known) is None
    failed = songs.read_lyrics(b'{"status":"error","error_message":"no"}')
    assert (failed.status, failed.reason) == ("FAILURE", "no")
    assert songs.read_lyrics(b'{"status":"running"}').status == "IN_PROGRESS"
    call = songs.write_feed_submit(Job(action="MUSIC", prompt="p", clip="c", at=2), "m", "up")
    assert json.loads(call.body)["continue_clip_id"] == "up"
    assert songs.write_feed_submit(Job(action="CONCAT"), "m", "up").operation == "suno_concat"
    assert songs.write_songs_submit(Job(action="CONCAT"), "m", "up").operation == "suno_concat"
    described = songs.write_songs_submit(Job(action="MUSIC", description="d"), "m", "")
    assert (described.operation, json.loads(described.body)["prompt"]) == ("suno_description", "d")


def test_what_songs_make_of_their_task() -> None:
    assert whole([]).status is None
    assert whole([Clip(status="queued"), Clip()]).status == "QUEUED"
    assert whole([Clip(status="complete"), Clip(status="streaming")]).status == "IN_PROGRESS"
    failed = whole([Clip(status="error", error_message="no")])
    assert (failed.status, failed.reason) == ("FAILURE", "no")
    assert read_words({"text": ""}) is None
    assert read_clips("x") == ()
    (clip,) = read_clips({"id": "a", "audio_url": "javascript:1", "image_url": 7, "lyric": "la"})
    assert (clip.audio, clip.image, clip.prompt) == ("", "", "la")


def test_merging_only_goes_forward() -> None:
    old = Made(status="complete", title="T", files={"audio": "/a"})
    new = merged(old, Clip(status="streaming", title="", tags="x"), {"video": "/v"})
    assert (new.status, new.title, new.tags) == ("complete", "T", "x")
    assert new.files == {"audio": "/a", "video": "/v"}
    assert merged(old, None, {}) is old
    ids, clips = ordered([Clip(id="b"), Clip(id="c")], ("a", "b"))
    assert ids == ["a", "b", "c"]
    assert [clip.id if clip else None for clip in clips] == [None, "b", "c"]


def test_blocks_keep_their_order_whatever_is_known() -> None:
    song = Song(id="1", title="T", tags="g", lyrics="a ``` b", image="https://i", audio="https://a")
    blocks = Blocks("p")
    assert "🤯" in blocks.more([], is_done=False)
    assert blocks.more([], is_done=False) == ""
    untitled = Song(id="1", tags="g", lyrics="x", image="https://i")
    assert "🧩" in blocks.more([untitled], is_done=False)
    assert blocks.more([untitled], is_done=False) == ""
    assert not blocks.waits
    told = blocks.more([song], is_done=False)
    assert told.index("🤖") < told.index("💄") < told.index("````") < told.index("🖼️")
    assert blocks.waits
    assert [blocks.heart() for _ in range(HEARTS_A_LINE)][-1] == f"{HEART}\n"
    assert "🎧 音乐1️⃣**：https://a" in blocks.more([song], is_done=True)
    bare = Blocks("p")
    bare.more([Song(id="1", audio="https://a")], is_done=True)
    assert "🤖" not in bare.told
    assert "📺" not in bare.told


def test_songs_out_of_another_relay_s_words() -> None:
    text = "Title: **Harbour**\nStyle: folk\nhttps://x/a.mp3 https://x/b.MP3?y https://[x/c.mp3"
    found = read_songs(text)
    assert [song.audio for song in found[:2]] == ["https://x/a.mp3", "https://x/b.MP3?y"]
    assert (found[0].title, found[0].tags) == ("Harbour", "folk")
    assert read_songs("nothing here") == ()
