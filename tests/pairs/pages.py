# ruff: noqa: E501 (prose is one line a paragraph)
"""Writes docs/guides/{en,zh}/dialect-pairs.md from a run: `python -m tests.pairs.pages`."""

import io
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.pairs.board import Board, Tried, tried
from tests.pairs.faults import INSIDE
from tests.pairs.matrix import DIALECTS, FEATURES
from tests.pairs.plight import STATUSES
from tests.pairs.refusals import BEFORE
from tests.support.gateway import make_template
from waystation.journal import log

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "zh")


class Words(NamedTuple):
    """title … inside: text before each table. cells, features: as they are shown."""

    title: str
    pairs: str
    before: str
    upstream_before: str
    inside: str
    upstream_inside: str
    head_pairs: str
    head_faults: str
    head_statuses: str
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

The status, and what a program tells the error by: `type` and `code` in OpenAI's protocols, `type` in Anthropic's, `status` in Gemini's. Each was brought about at a channel of the same protocol and at one of another, and was the same. A client that left hears nothing; the log says `client_gone`.""",
    upstream_before="""When it is the channel's upstream that answers with an error, and no other channel can take the request, by the upstream's status:""",
    inside="""## Errors inside a stream

The status was 200 long ago, so the error is the stream's last event, with these names in it. What had come is charged. A client that left hears nothing; the log says `client_gone`.""",
    upstream_inside="""When the upstream tells the error inside its stream, by the status that it means:""",
    head_pairs="caller → channel",
    head_faults="error",
    head_statuses="the upstream's",
    cells={"native": "**native**"},
    features={},
    faults={"connection lost": "`upstream_error`, connection lost"},
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

状态码，以及程序据以区分错误的字段：OpenAI 协议为 `type` 与 `code`，Anthropic 为 `type`，Gemini 为 `status`。每个错误都在同协议渠道和另一协议渠道上各触发一次，结果相同。已离开的客户端收不到任何内容，日志记为 `client_gone`。""",
    upstream_before="""如果是渠道的上游返回错误，且没有其他渠道可以接手，则按上游的状态码：""",
    inside="""## 流中的错误

此时状态码早已是 200，因此错误是流的最后一个事件，带有下列名称。已经送出的内容照常计费。已离开的客户端收不到任何内容，日志记为 `client_gone`。""",
    upstream_inside="""如果上游在流中报告错误，则按其所指的状态码：""",
    head_pairs="调用方 → 渠道",
    head_faults="错误",
    head_statuses="上游状态码",
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
    faults={"connection lost": "`upstream_error`，连接中断"},
)
WORDS = {"en": _EN, "zh": _ZH}


def page(board: Board, language: str) -> str:
    """board: what was seen, or the page's own words for it."""
    words = WORDS[language]
    blocks = [
        words.title,
        words.pairs,
        _pairs(board.pairs, words),
        words.before,
        _faults(board.before, BEFORE, words, words.head_faults),
        words.upstream_before,
        _faults(board.upstream_before, STATUSES, words, words.head_statuses),
        words.inside,
        _faults(board.inside, INSIDE, words, words.head_faults),
        words.upstream_inside,
        _faults(board.upstream_inside, STATUSES, words, words.head_statuses),
    ]
    return "\n\n".join(blocks) + "\n"


def read_page(language: str) -> Board:
    """What the page says, in its own words."""
    words = WORDS[language]
    pairs, *faults = _tables(page_path(language).read_text())
    features = _names(words.features, FEATURES)
    pages = [_names({}, each) for each in (BEFORE, STATUSES, INSIDE, STATUSES)]
    return Board(
        {
            (*row[0].split(" → "), features[name]): cell
            for row in pairs[1:]
            for name, cell in zip(pairs[0][1:], row[1:], strict=True)
        },
        *(
            {
                (caller, _key(row[0], known, words)): cell
                for row in table[1:]
                for caller, cell in zip(table[0][1:], row[1:], strict=True)
            }
            for table, known in zip(faults, pages, strict=True)
        ),
    )


def _names(shown: Mapping[str, str], keys: Any) -> dict[str, Any]:
    return {shown.get(key, str(key)): key for key in keys}


def _key(text: str, known: Mapping[str, Any], words: Words) -> Any:
    told = {name: key for key, name in words.faults.items()}
    return known[told.get(text, text.strip("`"))]


def _tables(text: str) -> list[list[list[str]]]:
    found: list[list[list[str]]] = []
    for block in text.split("\n\n"):
        lines = block.strip().split("\n")
        if lines[0].startswith("| "):
            rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]
            found.append([rows[0], *rows[2:]])
    return found


def _pairs(cells: Tried, words: Words) -> str:
    rows = [[words.head_pairs, *(words.features.get(name, name) for name in FEATURES)]]
    for caller in DIALECTS:
        for upstream in DIALECTS:
            found = [_shown(cells.get((caller, upstream, name)), words) for name in FEATURES]
            rows.append([f"{caller} → {upstream}", *found])
    return _table(rows)


def _faults(cells: Tried, faults: Any, words: Words, head: str) -> str:
    rows = [[head, *DIALECTS]]
    for fault in faults:
        found = [_shown(cells.get((caller, fault)), words) for caller in DIALECTS]
        named = f"`{fault}`" if isinstance(fault, str) else str(fault)
        rows.append([words.faults.get(fault, named), *found])
    return _table(rows)


def shown_in(language: str, cell: Any) -> str:
    return _shown(cell, WORDS[language])


def _shown(cell: Any, words: Words) -> str:
    """A cell that failed, or was never tried, says nothing."""
    return words.cells.get(cell, cell) if isinstance(cell, str) else ""


def _table(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def page_path(language: str) -> Path:
    return ROOT / "docs" / "guides" / language / "dialect-pairs.md"


def main() -> int:
    log.configure("gateway", stream=io.StringIO())
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
