"""Chat requests: validated before money, rebuilt with declared edits only (proofs 19 and 37)."""

import json
from base64 import b64encode
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dialects.making import body, chat, headers, no_headers, same
from waystation.dialects.openai_chat import parse
from waystation.dialects.operation import Target
from waystation.errors import Fault

HELLO = [{"role": "user", "content": "Hello?"}]


def sent(target: Target | None = None, **fields: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(chat(**fields).body_for(target or same()))
    return told


def refused(**fields: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        parse(body(**fields), no_headers)
    assert caught.value.status == 400
    return caught.value


# ---- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"messages": HELLO}, "missing_field", "model"),
        ({"model": "", "messages": HELLO}, "missing_field", "model"),
        ({"model": None, "messages": HELLO}, "missing_field", "model"),
        ({"model": 5, "messages": HELLO}, "invalid_value", "model"),
        ({"model": "m"}, "missing_field", "messages"),
        ({"model": "m", "messages": None}, "missing_field", "messages"),
        ({"model": "m", "messages": []}, "invalid_value", "messages"),
        ({"model": "m", "messages": "hi"}, "invalid_value", "messages"),
        ({"model": "m", "messages": {"role": "user"}}, "invalid_value", "messages"),
        ({"model": "m", "messages": ["hi"]}, "invalid_value", "messages"),
        ({"model": "m", "input": "hi"}, "invalid_request", "messages"),
        ({"model": "m", "messages": HELLO, "stream": 1}, "invalid_value", "stream"),
        ({"model": "m", "messages": HELLO, "stream": "yes"}, "invalid_value", "stream"),
        ({"model": "m", "messages": HELLO, "stream_options": 1}, "invalid_value", "stream_options"),
        ({"model": "m", "messages": HELLO, "tools": "f"}, "invalid_value", "tools"),
        ({"model": "m", "messages": HELLO, "tools": {}}, "invalid_value", "tools"),
        ({"model": "m", "messages": HELLO, "functions": "f"}, "invalid_value", "functions"),
        ({"model": "m", "messages": HELLO, "temperature": "warm"}, "invalid_value", "temperature"),
        ({"model": "m", "messages": HELLO, "top_p": True}, "invalid_value", "top_p"),
    ],
)
def test_refusals_name_the_field(fields: dict[str, Any], code: str, param: str) -> None:
    fault = refused(**fields)
    assert (fault.code, fault.param) == (code, param)


@pytest.mark.parametrize("name", ["n", "max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize(
    "value", [0, -1, 1.5, True, False, "x", [], {}, 10**18, -(10**18), "1e999", 1e300]
)
def test_absurd_counts(name: str, value: Any) -> None:
    fault = refused(model="m", messages=HELLO, **{name: value})
    assert (fault.code, fault.param) == ("invalid_value", name)


def test_n_has_a_cap() -> None:
    assert chat(n=16).n == 16
    assert refused(model="m", messages=HELLO, n=17).param == "n"
    with pytest.raises(Fault):
        parse(body(model="m", messages=HELLO, n=3), no_headers, choices_max=2)


def test_a_responses_body_is_told_where_to_go() -> None:
    assert "/v1/responses" in refused(model="m", input="hi").text("en")


@pytest.mark.parametrize(
    "field",
    [
        {"unheard_of": {"a": [1, None]}},
        {"thinking": {"type": "adaptive"}},
        {"messages": [{"role": "narrator", "content": "x"}]},
        {"messages": [{"role": 5}]},
        {"messages": [{"content": [{"type": "unheard_of", "x": 1}]}]},
        {"messages": [{"role": "user", "content": ["bare text"]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": 5}]}]},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": []}]},
        {"temperature": 5, "logit_bias": None, "user": 5, "stop": 7},
        {"metadata": "x", "prompt_cache_key": 5},
        {"response_format": {"type": "x"}, "tool_choice": 5},
    ],
)
def test_what_is_unknown_is_nobodys_business(field: dict[str, Any]) -> None:
    operation = chat(**field)
    assert json.loads(operation.body_for(same())) == {"model": "asked", "messages": HELLO, **field}
    assert operation.prompt_tokens > 0
    assert operation.affinity is None or operation.affinity


# ---- edits -------------------------------------------------------------------------------------


def test_the_model_is_written() -> None:
    assert sent(same("upstream/name"))["model"] == "upstream/name"


def test_usage_is_asked_of_every_stream() -> None:
    assert sent(stream=True)["stream_options"] == {"include_usage": True}
    options = {"include_usage": False, "include_obfuscation": False}
    assert sent(stream=True, stream_options=options)["stream_options"] == {
        "include_usage": True,
        "include_obfuscation": False,
    }
    assert sent(stream=True, stream_options=None)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in sent()
    assert not chat(stream=True).include_usage
    assert chat(stream=True, stream_options={"include_usage": True}).include_usage


def test_seen_is_seed() -> None:
    assert sent(seen=7)["seed"] == 7
    told = sent(seen=7, seed=8)
    assert told["seed"] == 8
    assert "seen" not in told
    assert sent(seen="7")["seed"] == 7


def test_numeric_strings_become_numbers() -> None:
    told = sent(temperature="0.7", max_tokens="300", n="2", top_p="1", seed="5", top_logprobs="3")
    assert told["temperature"] == 0.7
    assert (told["max_tokens"], told["n"], told["seed"]) == (300, 2, 5)
    assert (told["top_p"], told["top_logprobs"]) == (1, 3)
    assert chat(max_tokens="300").output_limit == 300
    assert sent(stream="true")["stream"] is True


def test_no_tools_are_no_tools() -> None:
    operation = chat(tools=[], tool_choice="auto", parallel_tool_calls=True)
    assert operation.needs == frozenset()
    assert json.loads(operation.body_for(same())).keys() == {"model", "messages"}
    spaced = b'{"model":"m","messages":[{"role":"user"}],"tools":[  \n ]}'
    assert parse(spaced, no_headers).needs == frozenset()
    assert sent(tools=None)["tools"] is None


def test_tools_need_a_channel_that_has_them() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    operation = chat(tools=[tool])
    assert operation.needs == {"tools"}
    assert json.loads(operation.body_for(same()))["tools"] == [tool]


def test_enable_thinking_is_hoisted() -> None:
    told = sent(extra_body={"enable_thinking": False})
    assert told["enable_thinking"] is False
    assert "extra_body" not in told
    told = sent(extra_body={"enable_thinking": False, "google": {"x": 1}}, enable_thinking=True)
    assert told["enable_thinking"] is True
    assert told["extra_body"] == {"google": {"x": 1}}
    assert sent(extra_body={"x": 1})["extra_body"] == {"x": 1}
    assert sent(extra_body=5)["extra_body"] == 5


@pytest.mark.parametrize(
    ("asked", "clamp", "model", "written"),
    [
        ({}, None, "gpt-4o", {}),
        ({}, 100, "gpt-4o", {"max_tokens": 100}),
        ({}, 100, "o3-mini", {"max_completion_tokens": 100}),
        ({}, 100, "openai/gpt-5.1", {"max_completion_tokens": 100}),
        ({}, 100, "o1x-model", {"max_tokens": 100}),
        ({"max_tokens": 50}, None, "gpt-4o", {"max_tokens": 50}),
        ({"max_tokens": 50}, 100, "gpt-4o", {"max_tokens": 50}),
        ({"max_tokens": 500}, 100, "gpt-4o", {"max_tokens": 100}),
        ({"max_tokens": 50}, None, "o4-mini", {"max_completion_tokens": 50}),
        ({"max_completion_tokens": 50}, None, "gpt-4o", {"max_completion_tokens": 50}),
        ({"max_completion_tokens": 500}, 100, "gpt-4o", {"max_completion_tokens": 100}),
        (
            {"max_tokens": 5, "max_completion_tokens": 50},
            None,
            "gpt-4o",
            {"max_completion_tokens": 50},
        ),
        ({"max_tokens": None}, None, "gpt-4o", {"max_tokens": None}),
        ({"max_tokens": None}, 100, "gpt-4o", {"max_tokens": 100}),
    ],
)
def test_the_output_limit(
    asked: dict[str, Any], clamp: int | None, model: str, written: dict[str, Any]
) -> None:
    told = sent(same(model, output_limit=clamp), **asked)
    limits = {name: told[name] for name in told if name.startswith("max_")}
    assert limits == written


def test_n_is_written_for_parts() -> None:
    assert sent(same(n=1), n=3)["n"] == 1
    assert sent(same(n=3), n=3)["n"] == 3
    assert "n" not in sent(same(n=1))


def test_overrides_win() -> None:
    overrides = {
        "temperature": msgspec.Raw(b"0.25"),
        "model": msgspec.Raw(b'"forced"'),
        "extra": msgspec.Raw(b'{"a": 1}'),
    }
    target = same("up", overrides=overrides, output_limit=5)
    told = sent(target, temperature=1, max_tokens=10)
    assert (told["temperature"], told["model"], told["extra"]) == (0.25, "forced", {"a": 1})


def test_one_request_makes_bodies_for_many_targets() -> None:
    operation = chat(stream=True, max_tokens=50)
    first = operation.body_for(same("one", output_limit=5, n=1))
    assert json.loads(operation.body_for(same("two")))["max_tokens"] == 50
    assert operation.body_for(same("one", output_limit=5, n=1)) == first


def test_a_targets_secrets_do_not_show() -> None:
    assert "hush" not in repr(same(secrets=("hush",)))


# ---- legacy functions --------------------------------------------------------------------------

FUNCTION = {"name": "f", "description": "d", "parameters": {"type": "object"}}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ({"name": "f"}, {"type": "function", "function": {"name": "f"}}),
    ],
)
def test_functions_become_tools(choice: Any, expected: Any) -> None:
    operation = chat(functions=[FUNCTION], function_call=choice)
    told = json.loads(operation.body_for(same()))
    assert told["tools"] == [{"type": "function", "function": FUNCTION}]
    assert told["tool_choice"] == expected
    assert "functions" not in told
    assert "function_call" not in told
    assert operation.needs == {"tools"}
    assert operation.is_legacy


def test_function_turns_become_tool_turns() -> None:
    turns = [
        {"role": "user", "content": "Where is P-118?"},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "here"},
    ]
    told = sent(messages=turns, functions=[FUNCTION])["messages"]
    call = {"id": "call_legacy_1", "type": "function", "function": turns[1]["function_call"]}
    assert told[1] == {"role": "assistant", "content": None, "tool_calls": [call]}
    assert told[2] == {"role": "tool", "tool_call_id": "call_legacy_1", "content": "here"}


# ---- pictures, sound, files --------------------------------------------------------------------


def with_part(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, part]}]


def test_a_bare_image_url_becomes_an_object() -> None:
    part = {"type": "image_url", "image_url": "https://img.example/table.png"}
    operation = chat(messages=with_part(part))
    told = json.loads(operation.body_for(same()))["messages"][0]["content"][1]
    assert told == {"type": "image_url", "image_url": {"url": "https://img.example/table.png"}}
    assert operation.needs == {"vision"}


def test_pictures_count_by_detail_not_by_byte() -> None:
    def bound(part: dict[str, Any]) -> int:
        return chat(messages=with_part({"type": "image_url", "image_url": part})).prompt_tokens

    data = "data:image/png;base64," + b64encode(bytes(range(256)) * 4000).decode()
    high, low = bound({"url": data}), bound({"url": data, "detail": "low"})
    assert 1000 < low < high < 7000
    assert bound({"url": "https://img.example/a.png"}) > low


def test_escaped_names_do_not_hide_a_picture() -> None:
    raw = (
        b'{"model":"m","messages":[{"role":"user","content":'
        b'[{"type":"image_url","image\\u005furl":{"url":"https://a.example/b.png"}}]}]}'
    )
    assert parse(raw, no_headers).needs == {"vision"}


def test_sound_and_files() -> None:
    data = b64encode(bytes(300_000)).decode()
    audio = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    operation = chat(messages=with_part(audio))
    assert operation.needs == {"audio"}
    assert len(data) / 50 < operation.prompt_tokens < len(data) / 30
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": data}}
    operation = chat(messages=with_part(file))
    assert operation.needs == {"files"}
    assert len(data) / 3 < operation.prompt_tokens < len(data)


# ---- affinity ----------------------------------------------------------------------------------


def test_affinity_follows_the_conversation() -> None:
    def key(*turns: tuple[str, str], model: str = "m", **fields: Any) -> str | None:
        messages = [{"role": role, "content": content} for role, content in turns]
        return chat(model=model, messages=messages, **fields).affinity

    opening = (("system", "Be brief."), ("user", "Hello?"))
    first = key(*opening)
    assert first
    assert key(*opening, ("assistant", "Yes?"), ("user", "Bye.")) == first
    assert key(("system", "Be long."), ("user", "Hello?")) != first
    assert key(*opening, model="n") != first
    assert key(*opening, prompt_cache_key="c1") == key(("user", "else"), prompt_cache_key="c1")
    assert key(*opening, metadata={"user_id": "u1"}) == key(
        ("user", "else"), metadata={"user_id": "u1"}
    )


def test_affinity_by_session_header() -> None:
    given = headers(x_claude_code_session_id="s1")
    first = parse(body(model="m", messages=HELLO), given)
    other = parse(body(model="m", messages=[{"role": "user", "content": "else"}]), given)
    assert first.affinity == other.affinity == "s:s1"


# ---- proof 37 ----------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
KNOWN = {
    "model", "messages", "stream", "n", "max_tokens", "max_completion_tokens", "temperature",
    "top_p", "presence_penalty", "frequency_penalty", "seed", "seen", "top_logprobs", "tools",
    "tool_choice", "parallel_tool_calls", "functions", "function_call", "extra_body",
    "stream_options",
}  # fmt: skip
TURNS = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool", "developer"])},
        optional={"content": st.text() | st.none(), "name": st.text(), "cache_control": VALUES},
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, derandomize=True)
@given(
    st.dictionaries(st.text().filter(lambda name: name not in KNOWN), VALUES, max_size=5),
    TURNS,
    st.booleans(),
    st.booleans(),
)
def test_reading_and_writing_changes_declared_fields_alone(
    unknown: dict[str, Any], turns: list[dict[str, Any]], spaced: bool, escaped: bool
) -> None:
    fields = {"model": "asked", "messages": turns, "temperature": 0.5, **unknown}
    separators = (" ,", " : ") if spaced else (",", ":")
    raw = json.dumps(fields, separators=separators, ensure_ascii=escaped).encode()
    operation = parse(raw, no_headers)
    out = operation.body_for(same("up"))
    given_slices = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    sent_slices = msgspec.json.decode(out, type=dict[str, msgspec.Raw])
    assert bytes(sent_slices.pop("model")) == b'"up"'
    given_slices.pop("model")
    assert {name: bytes(value) for name, value in sent_slices.items()} == {
        name: bytes(value) for name, value in given_slices.items()
    }
    assert operation.prompt_tokens <= len(raw)
    assert operation.prompt_guess() <= operation.prompt_tokens
