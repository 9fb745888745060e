"""What is pure of it: names, addresses in texts, links at any split, progress, failures."""

import random

import pytest

from waystation.dialects.gpts.addresses import addresses, extension_of, name_of
from waystation.dialects.gpts.failures import failure_in, rules_of
from waystation.dialects.gpts.links import LABEL_CHARACTERS_MAX, Link, Links, Piece
from waystation.dialects.gpts.names import canonical, is_one
from waystation.dialects.gpts.progress import ProgressLines, rule_of

ANSWERS = [
    '```json\n{"prompt":"a cat","size":"1024x1024"}\n```\n\n> 进度 50%\n![image](https://f.example/a.png)'
    "\n\n[Click to download](https://f.example/a.png)",
    'see ![a](https://x/a.png) and [Click](https://x/f.csv "t") ok https://y/z.pdf. 总结https://q/a。',
    "[no] [see https://x/b.png](nope) ![x](https://x/y_(1).png)! http https:/ h",
    "[a [b](https://c/d.png) !![a](https://b/c.png)](x)",
    "a [" * 60 + "https://e/f.png",
    "http://",
    "(https://a/b.png) **https://a/c.png** <https://a/d.png>",
]


def run(parts: list[str]) -> list[Piece]:
    links = Links()
    told = [piece for part in parts for piece in links.feed(part)] + links.close()
    joined: list[Piece] = []
    for piece in told:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def text_of(pieces: list[Piece]) -> str:
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)


@pytest.mark.parametrize("answer", ANSWERS)
def test_links_are_the_same_at_every_split(answer) -> None:
    whole = run([answer])
    assert text_of(whole) == answer
    assert run(list(answer)) == whole
    for at in range(len(answer)):
        assert run([answer[:at], answer[at:]]) == whole


def test_links_of_odd_texts_at_random_splits() -> None:
    dice = random.Random(3)
    bits = [
        "![",
        "[a",
        "]",
        "(",
        "http",
        "s://",
        "x/a.png",
        ")",
        " ",
        "\n",
        '"',
        "!",
        "h",
        "t",
        "说",
    ]
    for _ in range(1500):
        text = "".join(dice.choice(bits) for _ in range(dice.randint(1, 30)))
        whole = run([text])
        assert text_of(whole) == text
        at = sorted(dice.randrange(len(text) + 1) for _ in range(2))
        assert run([text[: at[0]], text[at[0] : at[1]], text[at[1] :]]) == whole


def test_what_is_held_back_is_bounded() -> None:
    links = Links()
    told = sum(len(text_of([piece])) for piece in links.feed("[" + "x" * 10_000))
    assert told >= 10_000 - LABEL_CHARACTERS_MAX
    found = run(["x " + "https://e/" + "y" * 9000 + ".png z"])
    assert sum(isinstance(piece, Link) for piece in found) == 1


@pytest.mark.parametrize(
    ("text", "url", "is_file"),
    [
        ("https://files.example/plan.pdf summarise", "https://files.example/plan.pdf", True),
        ("https://files.example/plan.pdf总结一下", "https://files.example/plan.pdf", True),
        ("https://f.example/plan.pdfsummarise this", "https://f.example/plan.pdf", True),
        ("看https://f.example/a.png?sig=ab%2F1 什么", "https://f.example/a.png?sig=ab%2F1", True),
        ("(https://f.example/a.docx)", "https://f.example/a.docx", True),
        ("what is https://f.example/x.JPEG, then", "https://f.example/x.JPEG", True),
        ("https://f.example/view/12.", "https://f.example/view/12", False),
        ("https://pdf.example", "https://pdf.example", False),
        ("“https://f.example/表.xlsx”", "https://f.example/", False),
        ("https://f.example/%E8%A1%A8.xlsx。谢谢", "https://f.example/%E8%A1%A8.xlsx", True),
    ],
)
def test_addresses_in_texts(text, url, is_file) -> None:
    found = addresses(text)
    assert [(each.url, each.is_file) for each in found] == [(url, is_file)]
    assert text[found[0].start : found[0].end] == url


def test_names_of_files() -> None:
    assert name_of("https://f.example/a/%E8%A1%A8%2F..%2Fx.xlsx?y") == "x.xlsx"
    assert (name_of("https://f.example"), extension_of("https://f/x.TAR")) == ("file", "")


def test_names_of_models() -> None:
    for name in ("gpt-4-all", "gpt-4o-all", "o1-all", "gpt-4-all-2024", "gpt-4-gizmo-g-AbC1"):
        assert is_one(name)
    for name in ("gpt-4o", "gpt-4", "install-all", "all", "gpt-4-allow"):
        assert not is_one(name)
    assert canonical("gpt-4-gizmo-g-AbC123xyZ-my-tool") == "gpt-4-gizmo-g-AbC123xyZ"
    assert canonical("gpt-4-gizmo-g-p-67f-x") == "gpt-4-gizmo-g-p-67f"
    for name in ("gpt-4-gizmo-g-AbC123xyZ", "gpt-4-gizmo-*", "gpt-4o"):
        assert canonical(name) == name


@pytest.mark.parametrize("rule", ["keep", "drop", "reasoning"])
def test_progress_lines_at_every_split(rule) -> None:
    text = "> 生成中 10%\n> a quotation\n> progress: 60%\nhere\n> 正在绘制"
    for at in range(len(text)):
        lines = ProgressLines(rule)
        told = [lines.feed(text[:at]), lines.feed(text[at:]), lines.close()]
        thoughts, answer = ("".join(each) for each in zip(*told, strict=True))
        progress = "> 生成中 10%\n> progress: 60%\n> 正在绘制"
        assert thoughts == (progress if rule == "reasoning" else "")
        assert answer == (text if rule == "keep" else "> a quotation\nhere\n")


def test_failures() -> None:
    rules = rules_of(("failure:Cannot Create", "official", "failure: "))
    assert rules == ("cannot create",)
    assert failure_in("I'm sorry, I cannot create that picture.", rules) == "upstream_failed"
    assert (
        failure_in("⚠️ You’ve reached the current usage cap for GPT-4", ()) == "rate_limit_exceeded"
    )
    assert failure_in("It says: you've reached the current usage cap", ()) == ""
    assert failure_in("x" * 250 + "cannot create", rules) == ""
    assert rule_of(("progress:reasoning",), True) == "reasoning"
    assert (rule_of((), True), rule_of(("progress:nonsense",), False)) == ("keep", "drop")
