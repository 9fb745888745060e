"""Bodies of every page, as clients really send them."""

import json
from typing import Any

import pytest

from tests.midjourney.pictures import bare, data_url
from waystation.dialects.midjourney.forms import FORMS
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.outcome import Declined
from waystation.dialects.midjourney.prompt import PROMPT_CHARACTERS_MAX
from waystation.errors import Fault


def read(path: str, mode: Any = "", **fields: Any) -> Job:
    return FORMS[path](json.dumps(fields).encode(), mode)


def declined(path: str, **fields: Any) -> tuple[int, str]:
    with pytest.raises(Declined) as caught:
        read(path, **fields)
    outcome = caught.value.outcome
    assert outcome.result is None
    assert json.loads(outcome.body())["properties"] == {}
    return outcome.code, outcome.description


IMAGINE, ACTION, BLEND = "/submit/imagine", "/submit/action", "/submit/blend"
DESCRIBE, CHANGE, SIMPLE = "/submit/describe", "/submit/change", "/submit/simple-change"
MODAL, SWAP, EDITS = "/submit/modal", "/insight-face/swap", "/submit/edits"


def test_imagine_as_the_web_client_sends_it() -> None:
    job = read(
        IMAGINE,
        botType="MID_JOURNEY",
        prompt="  tin robot --v 7.0 ",
        base64Array=[],
        notifyHook="",
        state="order-17",
    )
    assert job == Job(
        page="imagine", action="IMAGINE", prompt="tin robot --v 7.0", state="order-17"
    )


def test_imagine_without_bot_type_and_with_an_unknown_one() -> None:
    assert read(IMAGINE, prompt="cat --ar 2:1 --no dog").bot_type == "MID_JOURNEY"
    assert read(IMAGINE, prompt="cat", botType="WHATEVER").bot_type == "MID_JOURNEY"
    assert read(IMAGINE, prompt="cat", botType="niji").bot_type == "NIJI_JOURNEY"


def test_null_is_absent_and_scalars_are_coerced() -> None:
    job = read(IMAGINE, prompt="cat", base64Array=None, notifyHook="", state=5, accountFilter=None)
    assert (job.state, job.notify_hook, job.pictures) == ("5", "", ())
    assert read(IMAGINE, prompt="cat", notifyHook=0).notify_hook == ""


@pytest.mark.parametrize("prompt", ["", "   ", None])
def test_a_blank_prompt(prompt: str | None) -> None:
    assert declined(IMAGINE, prompt=prompt) == (4, "prompt不能为空")


@pytest.mark.parametrize("picture", ["not base64!", "aGVsbG8=", "data:image/png,abc", [1]])
def test_a_bad_picture(picture: Any) -> None:
    code, text = declined(IMAGINE, prompt="cat", base64Array=[picture])
    assert code == 4
    assert text in ("base64格式错误", "参数错误")


def test_pictures_of_every_sort() -> None:
    link = "https://example.com/a.png"
    job = read(IMAGINE, prompt="cat", base64Array=[bare(), data_url("red"), link])
    first, second, third = job.pictures
    assert first.content_type == second.content_type == "image/png"
    assert third.link == link
    assert second.written() == data_url("red")
    assert read(IMAGINE, prompt="cat", base64=bare()).pictures == (first,)


def test_the_speed_is_decided_by_the_address_then_the_filter_then_the_prompt() -> None:
    slow = {"modes": ["RELAX", "FAST"]}
    job = read(IMAGINE, "turbo", prompt="cat --fast --ar 2:1", accountFilter=slow)
    assert (job.mode, job.prompt) == ("turbo", "cat --ar 2:1")
    job = read(IMAGINE, prompt="cat --fast --ar 2:1", accountFilter=slow)
    assert (job.mode, job.prompt) == ("relax", "cat --ar 2:1")
    job = read(IMAGINE, prompt="cat --fast --ar 2:1")
    assert (job.mode, job.prompt) == ("fast", "cat --fast --ar 2:1")
    assert read(IMAGINE, prompt="cat").mode == ""


def test_a_prompt_has_its_limit_in_the_words_of_the_others() -> None:
    assert declined(IMAGINE, prompt="x" * 16_385) == (4, "prompt过长，最大16384字符")
    assert len(read(IMAGINE, prompt="x" * PROMPT_CHARACTERS_MAX).prompt) == 16_384


def test_state_and_hook_have_their_limits() -> None:
    assert declined(IMAGINE, prompt="cat", state="x" * 256) == (4, "State参数过长，最大255字符")
    assert read(IMAGINE, prompt="cat", state="x" * 255).state == "x" * 255
    assert declined(IMAGINE, prompt="cat", notifyHook="ftp://x") == (4, "notifyHook地址无效")


@pytest.mark.parametrize("count", [0, 1, 6])
def test_blend_wants_two_to_five(count: int) -> None:
    assert declined(BLEND, base64Array=[bare()] * count) == (4, "图片参数错误，2~5张图片")


@pytest.mark.parametrize(
    ("given", "read_as"),
    [(None, "SQUARE"), ("", "SQUARE"), ("portrait", "PORTRAIT"), ("LANDSCAPE", "LANDSCAPE")],
)
def test_blend_dimensions(given: str | None, read_as: str) -> None:
    job = read(BLEND, base64Array=[bare(), bare("red")], dimensions=given, quality="hd")
    assert job.dimensions == read_as


def test_blend_with_odd_dimensions() -> None:
    pictures = [bare(), bare("red")]
    assert declined(BLEND, base64Array=pictures, dimensions="ROUND") == (4, "dimensions参数错误")


def test_describe() -> None:
    assert read(DESCRIBE, base64=bare()).pictures[0].content_type == "image/png"
    job = read(DESCRIBE, link="https://example.com/a.png", language="zh_cn")
    assert (job.pictures[0].link, job.language) == ("https://example.com/a.png", "zh")
    assert declined(DESCRIBE) == (4, "base64或link不能为空")
    assert declined(DESCRIBE, link="example.com/a.png") == (4, "链接格式错误")
    assert declined(DESCRIBE, base64="%%%") == (4, "base64格式错误")


def test_action() -> None:
    job = read(ACTION, taskId=1730621718151844, customId="MJ::JOB::upsample::2::h", state="s")
    assert (job.action, job.index, job.parent_id) == ("UPSCALE", 2, "1730621718151844")
    assert not job.opens
    assert read(ACTION, taskId="1", customId="MJ::CustomZoom::h").opens
    remixed = "MJ::JOB::variation::3"
    assert read(ACTION, taskId="1", customId=remixed, enableRemix=True).opens
    assert not read(ACTION, taskId="1", customId=remixed).opens
    assert declined(ACTION, taskId="1") == (4, "参数错误")
    assert declined(ACTION, customId=remixed) == (4, "参数错误")


@pytest.mark.parametrize("custom_id", ["MJ::JOB", "::", "MJ::JOB::upsample", "x", "MJ::JOB::foo"])
def test_custom_ids_that_only_the_parent_may_know(custom_id: str) -> None:
    assert read(ACTION, taskId="1", customId=custom_id).action == "ACTION"


@pytest.mark.parametrize("custom_id", ["MJ::JOB::upsample::5::h", "MJ::JOB::variation::0::h"])
def test_an_index_out_of_range(custom_id: str) -> None:
    assert declined(ACTION, taskId="1", customId=custom_id) == (4, "index参数错误")


def test_the_pic_readers_index_has_a_text_of_its_own() -> None:
    custom_id = "MJ::Job::PicReader::5"
    assert declined(ACTION, taskId="1", customId=custom_id) == (4, "无效的 PicReader 索引")


def test_change() -> None:
    job = read(CHANGE, taskId="17", action="UPSCALE", index=2)
    assert (job.action, job.index, job.page) == ("UPSCALE", 2, "change")
    assert read(CHANGE, taskId="17", action="UPSCALE", index="2").index == 2
    for index in (0, 1, None):
        assert read(CHANGE, taskId="17", action="REROLL", index=index).index == 0
    assert declined(CHANGE, action="UPSCALE", index=2) == (4, "taskId不能为空")
    assert declined(CHANGE, taskId="17", action="ZOOM", index=2) == (4, "action参数错误")
    assert declined(CHANGE, taskId="17", action="VARIATION", index=0) == (4, "index参数错误")


@pytest.mark.parametrize(
    ("content", "action", "index"),
    [
        ("17 U2", "UPSCALE", 2),
        ("17   u4 ", "UPSCALE", 4),
        ("17\tV1", "VARIATION", 1),
        ("17 r", "REROLL", 0),
    ],
)
def test_simple_change(content: str, action: str, index: int) -> None:
    job = read(SIMPLE, content=content)
    assert (job.parent_id, job.action, job.index) == ("17", action, index)


@pytest.mark.parametrize("content", ["", "17", "17 U", "17 U5", "17 X1", "17 U2 x", "U2", "17 Uٲ"])
def test_simple_change_that_says_nothing(content: str) -> None:
    assert declined(SIMPLE, content=content) == (4, "content参数错误")


def test_modal() -> None:
    job = read(MODAL, taskId=17, prompt=" new --zoom 1.5 ", maskBase64=data_url())
    assert (job.parent_id, job.prompt) == ("17", "new --zoom 1.5")
    assert job.mask is not None
    assert read(MODAL, taskId="17").prompt == ""
    assert declined(MODAL, prompt="x") == (4, "taskId不能为空")


def test_swap() -> None:
    job = read(SWAP, sourceBase64=bare(), targetBase64=bare("red"))
    assert (job.action, job.bot_type, len(job.pictures)) == ("SWAP_FACE", "INSIGHT_FACE", 2)
    assert declined(SWAP, targetBase64=bare()) == (4, "人脸图片不能为空")
    assert declined(SWAP, sourceBase64=bare()) == (4, "目标图片不能为空")
    same = (4, "人脸图片和目标图片不能相同")
    assert declined(SWAP, sourceBase64=bare(), targetBase64=bare()) == same
    assert declined(SWAP, sourceBase64=bare(), targetBase64=data_url()) == same
    assert declined(SWAP, sourceBase64="??", targetBase64=bare()) == (4, "人脸图片格式错误")
    assert declined(SWAP, sourceBase64=bare(), targetBase64="??") == (4, "目标图片格式错误")


def test_edits_and_video() -> None:
    job = read(EDITS, prompt="add a hat", image=bare(), maskBase64=bare("white"))
    assert job.action == "EDITS"
    assert declined(EDITS, prompt="add a hat") == (4, "image或prompt不能为空")
    assert declined("/submit/video", prompt="x") == (4, "视频功能未启用")
    assert declined("/submit/upload-discord-images") == (4, "base64 参数错误")


@pytest.mark.parametrize("path", sorted(FORMS))
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"prompt":1e999}', b"<xml/>"])
def test_what_is_no_json_is_a_400(path: str, body: bytes) -> None:
    with pytest.raises(Fault) as caught:
        FORMS[path](body, "")
    assert caught.value.status == 400
    assert caught.value.code == "invalid_json"


def outcome_status(path: str, body: dict[str, Any]) -> int:
    try:
        FORMS[path](json.dumps(body).encode(), "")
    except Fault as fault:
        return fault.status
    except Declined:
        pass
    return 200


@pytest.mark.parametrize("path", sorted(FORMS))
def test_no_shape_of_a_field_is_worse_than_a_refusal(path: str) -> None:
    names = (
        *("prompt", "taskId", "customId", "action", "index", "content", "base64Array", "base64"),
        *("link", "state", "notifyHook", "accountFilter", "dimensions", "botType", "image"),
        *("maskBase64", "sourceBase64", "targetBase64", "enableRemix"),
    )
    for value in ([], {}, True, 1.5, -1, 10**30, "💥", [None, {}], {"a": []}, [[[]]]):
        for name in names:
            body = {"prompt": "cat", "taskId": "1", "customId": "MJ::BOOKMARK::h", name: value}
            assert outcome_status(path, body) in (200, 400)
