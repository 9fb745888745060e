"""How many searches Google charges for an answer, by what the answer tells of them."""

import json
from typing import Any

import msgspec
import pytest

from waystation.dialects.gemini.grounding import count_grounding
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally

MAPS = {"maps": {"uri": "https://maps.example/x"}}
WEB = {"web": {"uri": "https://example.com"}}


def counted(*told: Any, model: str = "gemini-3-pro") -> dict[str, int]:
    tally = Tally(Limits(prompt_tokens=100, output_tokens=None), lambda: 1)
    tally.text.add("an answer")
    tally.has_output = True
    for one in told:
        count_grounding(msgspec.Raw(json.dumps(one).encode()), model, tally)
    return dict(tally.usage().units)


@pytest.mark.parametrize(
    ("told", "calls"),
    [
        ({"webSearchQueries": ["a", "", "b", "a", " ", None, 3]}, {"web_search": 2}),
        ({"imageSearchQueries": ["a"], "webSearchQueries": ["b"]}, {"web_search": 2}),
        ({"groundingChunks": [WEB]}, {"web_search": 1}),
        ({"groundingChunks": [MAPS]}, {"maps": 1}),
        (
            {"groundingChunks": [MAPS, MAPS], "webSearchQueries": ["a"]},
            {"maps": 1, "web_search": 1},
        ),
        ({"groundingChunks": []}, {}),
        ({}, {}),
        (None, {}),
        ("x", {}),
        ({"webSearchQueries": 7}, {}),
        ({"groundingChunks": [None]}, {}),
    ],
)
def test_what_an_answer_tells(told: Any, calls: dict[str, int]) -> None:
    assert counted(told) == calls


def test_older_models_pay_once_a_prompt() -> None:
    told = {"webSearchQueries": ["a", "b", "c"]}
    assert counted(told, model="models/gemini-2.5-flash") == {"web_search": 1}


def test_a_stream_that_tells_it_again_pays_once() -> None:
    first, more = {"webSearchQueries": ["a"]}, {"webSearchQueries": ["a", "b"]}
    assert counted(first, more, more, first) == {"web_search": 2}
