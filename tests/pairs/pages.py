# ruff: noqa: E501 (prose is one line a paragraph)
"""Writes docs/guides/{en,zh}/dialect-pairs.md from a run: `python -m tests.pairs.pages`."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.pairs.board import Board, Tried, tried
from tests.pairs.faults import BEFORE, INSIDE
from tests.pairs.matrix import DIALECTS, FEATURES
from tests.support.gateway import make_template

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "zh")


class Words(NamedTuple):
    """title … inside: text before each table. cells, features: as they are shown."""

    title: str
    pairs: str
    before: str
    inside: str
    head_pairs: str
    head_faults: str
    cells: Mapping[str, str]
    features: Mapping[str, str]
    faults: Mapping[str, str]


_EN = Words(
    title="# Which protocol at which channel",
    pairs="""This page is written by the tests (`python -m tests.pairs.pages`): each cell is a request through the whole relay to an upstream that speaks the channel's protocol, whose body and answer were compared. A cell that nobody tried is empty.

`chat` is chat completions, `messages` Anthropic's, `responses` OpenAI's Responses, `generate` Gemini's `generateContent`. Read `chat → messages` as: the caller speaks chat completions, the channel Anthropic's messages.

* **native**: the body went on as it came and so did the answer, save the model's name and the cost.
* translated: the same meaning in the other protocol's words, there and back.
* dropped: left out, and the rest goes on. Cache marks stay behind where the channel has none; what its own cache saved is told and charged all the same. Signatures stay behind where a chat completions channel has no field for them.
* refused: a 400 that names the place.""",
    before="""## Errors before an answer

The status, and what a program tells the error by: `type` and `code` in OpenAI's protocols, `type` in Anthropic's, `status` in Gemini's. Each was brought about at a channel of the same protocol and at one of another, and was the same.""",
    inside="""## Errors inside a stream

The status was 200 long ago, so the error is the stream's last event, with these names in it. What had come is charged. A client that left hears nothing; the log says `client_gone`.""",
    head_pairs="caller → channel",
    head_faults="error",
    cells={"native": "**native**"},
    features={},
    faults={
        "upstream_overloaded": "`upstream_error`, overloaded",
        "connection lost": "`upstream_error`, connection lost",
    },
)
_ZH = Words(
    title="# 协议与渠道对照",
    pairs="""本页由测试生成（`python -m tests.pairs.pages`）：每一格都是一次完整经过中转的请求，上游使用渠道的协议，发出的请求体与收到的答复都经过比对。未测试的格子为空。

`chat` 指 chat completions，`messages` 指 Anthropic 的 messages，`responses` 指 OpenAI 的 Responses，`generate` 指 Gemini 的 `generateContent`。`chat → messages` 表示：调用方使用 chat completions，渠道使用 Anthropic 的 messages。

* **原样**：除模型名与费用外，请求体和答复都原样转发。
* 翻译：以对方协议的写法表达同样的意思，往返皆然。
* 略去：不发送该项，其余照常。渠道没有缓存标记时，标记被略去，但其自身缓存省下的用量照样告知并据此计费。chat completions 渠道没有签名字段时，签名被略去。
* 拒绝：返回 400 并指明位置。""",
    before="""## 答复之前的错误

状态码，以及程序据以区分错误的字段：OpenAI 协议为 `type` 与 `code`，Anthropic 为 `type`，Gemini 为 `status`。每个错误都在同协议渠道和另一协议渠道上各触发一次，结果相同。""",
    inside="""## 流中的错误

此时状态码早已是 200，因此错误是流的最后一个事件，带有下列名称。已经送出的内容照常计费。已离开的客户端收不到任何内容，日志记为 `client_gone`。""",
    head_pairs="调用方 → 渠道",
    head_faults="错误",
    cells={"native": "**原样**", "translated": "翻译", "dropped": "略去", "refused": "拒绝"},
    features={
        "plain text": "纯文本",
        "streaming": "流式",
        "system": "系统指令",
        "tools": "工具",
        "parallel tools": "并行工具",
        "tool results": "工具结果",
        "vision": "图片输入",
        "structured output": "结构化输出",
        "reasoning": "思考",
        "signatures": "签名",
        "caching": "缓存",
        "stop reasons": "结束原因",
        "usage": "用量",
        "errors": "错误",
    },
    faults={
        "upstream_overloaded": "`upstream_error`，过载",
        "connection lost": "`upstream_error`，连接中断",
    },
)
WORDS = {"en": _EN, "zh": _ZH}


def page(board: Board, language: str) -> str:
    words = WORDS[language]
    blocks = [
        words.title,
        words.pairs,
        _pairs(board.pairs, words),
        words.before,
        _faults(board.before, BEFORE, words),
        words.inside,
        _faults(board.inside, INSIDE, words),
    ]
    return "\n\n".join(blocks) + "\n"


def _pairs(cells: Tried, words: Words) -> str:
    rows = [[words.head_pairs, *(words.features.get(name, name) for name in FEATURES)]]
    for caller in DIALECTS:
        for upstream in DIALECTS:
            found = [_shown(cells.get((caller, upstream, name)), words) for name in FEATURES]
            rows.append([f"{caller} → {upstream}", *found])
    return _table(rows)


def _faults(cells: Tried, faults: Any, words: Words) -> str:
    rows = [[words.head_faults, *DIALECTS]]
    for fault in faults:
        found = [_shown(cells.get((caller, fault)), words) for caller in DIALECTS]
        rows.append([words.faults.get(fault, f"`{fault}`"), *found])
    return _table(rows)


def _shown(cell: Any, words: Words) -> str:
    """A cell that failed, or was never tried, says nothing."""
    return words.cells.get(cell, cell) if isinstance(cell, str) else ""


def _table(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def page_path(language: str) -> Path:
    return ROOT / "docs" / "guides" / language / "dialect-pairs.md"


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        template = Path(name) / "template" / "data"
        template.parent.mkdir()
        make_template(template)
        board = tried(template, Path(name) / "run")
    for language in LANGUAGES:
        page_path(language).write_text(page(board, language))
    failed = {
        key: cell
        for cells in board
        for key, cell in cells.items()
        if isinstance(cell, BaseException)
    }
    for key, failure in failed.items():
        print(*key, repr(failure), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
