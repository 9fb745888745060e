"""POST /v1/completions: every prompt form, money's bounds, streams with bare text."""

import json
from typing import Any

import pytest

from tests.dialects.making import FREE, body, completion, no_headers, same
from tests.dialects.streams import check_contract
from waystation.dialects.openai_text.completions import parse
from waystation.errors import Fault


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [
        ("Once", 1),
        ("", 1),
        (["Once", "Twice"], 2),
        ([1, 2, 3], 1),
        ([[1, 2], [3]], 2),
        ([""], 1),
    ],
)
def test_prompt_forms(prompt: Any, prompts: int) -> None:
    operation = completion(prompt=prompt, n=2)
    assert operation.choices == 2 * prompts
    assert json.loads(operation.body_for(same()))["prompt"] == prompt


@pytest.mark.parametrize(
    "prompt", [5, True, {}, [], [5, "a"], ["a", 5], [["a"]], [[1], 2], [1.5], [None], [{}]]
)
def test_other_prompts_are_refused(prompt: Any) -> None:
    with pytest.raises(Fault) as caught:
        completion(prompt=prompt)
    assert (caught.value.status, caught.value.param) == (400, "prompt")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": -1}, "n"),
        ({"n": 17}, "n"),
        ({"n": 1.5}, "n"),
        ({"best_of": 0}, "best_of"),
        ({"best_of": 17}, "best_of"),
        ({"best_of": True}, "best_of"),
        ({"best_of": 2, "n": 3}, "best_of"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"prompt": ["x"] * 2049}, "prompt"),
        ({"logprobs": "all"}, "logprobs"),
    ],
)
def test_absurd_counts(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Fault) as caught:
        completion(**fields)
    assert (caught.value.status, caught.value.param) == (400, param)


def test_prompt_and_model_are_required() -> None:
    for fields in ({"model": "m"}, {"model": "m", "prompt": None}, {"prompt": "x"}):
        with pytest.raises(Fault) as caught:
            parse(body(**fields), no_headers)
        assert caught.value.code == "missing_field"


def test_each_of_best_of_is_made_and_charged() -> None:
    assert completion(best_of=5, n=2).choices == 5
    assert completion(best_of=5, prompt=["a", "b"]).choices == 10


def test_the_vendors_default_limit_is_the_bound() -> None:
    assert completion().output_limit == 16
    assert completion(max_tokens=0, echo=True).output_limit == 0
    assert json.loads(completion().body_for(same(output_limit=8)))["max_tokens"] == 8
    assert "max_tokens" not in json.loads(completion().body_for(same()))
    assert json.loads(completion(max_tokens=5).body_for(same(output_limit=8)))["max_tokens"] == 5


def test_token_ids_are_counted_exactly() -> None:
    ids = [100_000] * 3000
    assert 3000 <= completion(prompt=ids).prompt_tokens < 3100


def test_declared_edits_and_no_others() -> None:
    fields = {"suffix": "s", "echo": False, "temperature": "0.5", "unheard_of": [1], "seen": 3}
    told = json.loads(completion(stream=True, **fields).body_for(same("up")))
    assert told == {
        "model": "up",
        "prompt": "Once upon",
        "suffix": "s",
        "echo": False,
        "temperature": 0.5,
        "unheard_of": [1],
        "seed": 3,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def text_frame(text: str, index: int = 0, finish: str | None = None) -> bytes:
    choice = {"index": index, "text": text, "logprobs": None, "finish_reason": finish}
    chunk = {"id": "cmpl-1", "object": "text_completion", "created": 5, "model": "asked"}
    return b"data: " + json.dumps({**chunk, "choices": [choice]}).encode() + b"\n\n"


def test_streams_of_several_prompts() -> None:
    operation = completion(prompt=["a", "b"], stream=True)
    reader = operation.stream_reader(same(), FREE)
    out = reader.feed(text_frame("x") + text_frame("y", 1) + text_frame("", 0, "length"))
    assert not reader.finished
    out += reader.feed(text_frame("", 1, "stop")) + reader.close()
    check_contract(out, False, "text_completion")
    assert reader.fault is None
    assert b"delta" not in out


def test_a_missing_finish_has_text_and_no_delta() -> None:
    reader = completion(stream=True).stream_reader(same(), FREE)
    out = reader.feed(text_frame("x") + b"data: [DONE]\n\n")
    chunks = check_contract(out, False, "text_completion")
    assert chunks[-1]["choices"] == [{"index": 0, "text": "", "finish_reason": "stop"}]
    assert b"delta" not in completion(stream=True).stream_reader(same(), FREE).keep_alive()


def test_more_choices_than_usual_pass_when_asked_for() -> None:
    operation = completion(prompt=["x"] * 200, stream=True)
    reader = operation.stream_reader(same(), FREE)
    reader.feed(b"".join(text_frame("x", index) for index in range(200)))
    assert reader.fault is None
