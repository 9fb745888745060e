"""Parts of guides that are only known here and now: groups, prices, codes."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from waystation.control.docs_site.advice import advice
from waystation.control.docs_site.blocks import Block, Code, Heading, Prose, Table
from waystation.control.docs_site.import_links import clients, imports
from waystation.control.docs_site.models import is_of
from waystation.control.docs_site.price_table import model_table
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.samples.request import pretty
from waystation.control.docs_site.tree.page import Words
from waystation.control.openapi.faults import error_body

_FAMILIES = (
    ("OpenAI", "gpt|^o\\d|davinci|babbage|dall-e|whisper|tts"),
    ("Claude", "claude"),
    ("Gemini", "gemini"),
    ("DeepSeek", "deepseek"),
    ("Qwen", "qwen|qwq"),
    ("GLM", "glm"),
    ("Kimi", "kimi|moonshot"),
    ("Grok", "grok"),
    ("Mistral", "mistral|codestral|pixtral"),
    ("Llama", "llama"),
    ("Flux", "flux"),
    ("Midjourney", "^mj_"),
    ("Suno", "^suno"),
    ("GPTs", "gizmo|gpt-4-all"),
    ("Demo", "^demo-|^\\*$"),
)
_WORDS = {
    "name": Words("group", "分组"),
    "rate": Words("rate", "倍率"),
    "tags": Words("channels", "渠道类型"),
    "families": Words("model families", "支持的模型"),
    "pros": Words("advantages", "优点"),
    "cons": Words("drawbacks", "缺点"),
    "about": Words("about it", "介绍"),
    "family": Words("family", "系列"),
    "worked": Words(
        "A request to `{model}` with 1,000 tokens in and 500 out costs in the group `{group}`: "
        "(1,000 × ${inp} + 500 × ${out}) / 1,000,000 × {rate} = **${total}**.",
        "以 `{model}` 为例，1,000 输入 token 与 500 输出 token 在分组 `{group}` 的费用："
        "(1,000 × ${inp} + 500 × ${out}) / 1,000,000 × {rate} = **${total}**。",
    ),
    "per_call": Words(
        "A call of `{model}` costs in the group `{group}`: ${price} × {rate} = **${total}**.",
        "以 `{model}` 为例，在分组 `{group}` 调用一次的费用：${price} × {rate} = **${total}**。",
    ),
}


def _word(reader: Reader, name: str) -> str:
    return _WORDS[name].of(reader.language)


def _unseen(reader: Reader) -> list[Block]:
    return [Prose(reader.word("away" if reader.offers.away else "no_prices"))]


def _may_see(reader: Reader) -> bool:
    return reader.offers.shown and not reader.offers.away


def _families(reader: Reader) -> dict[str, list[str]]:
    """group → families, by the models that it has."""
    told: dict[str, list[str]] = {group.name: [] for group in reader.offers.groups}
    for family, words in _FAMILIES:
        for each in reader.offers.models:
            if not re.search(words, each.model):
                continue
            for group in each.by_group:
                if family not in told.setdefault(group, []):
                    told[group].append(family)
    return told


def groups(reader: Reader) -> list[Block]:
    if not _may_see(reader):
        return _unseen(reader)
    families = _families(reader)
    head = tuple(_word(reader, name) for name in ("name", "tags", "rate", "families"))
    rows = tuple(
        (f"`{g.name}` {g.label}", ", ".join(g.tags) or "–", f"×\N{NO-BREAK SPACE}{g.rate}",
         ", ".join(families[g.name]) or "–")
        for g in reader.offers.groups
    )  # fmt: skip
    head_more = tuple(_word(reader, name) for name in ("name", "pros", "cons", "about"))
    rows_more = tuple(
        (f"`{g.name}`", g.pros or "–", g.cons or "–", g.description or "–")
        for g in reader.offers.groups
    )
    return [Table(head, rows), Table(head_more, rows_more)]


def families(reader: Reader) -> list[Block]:
    if not _may_see(reader):
        return _unseen(reader)
    told = _families(reader)
    names = [group.name for group in reader.offers.groups]
    head = (_word(reader, "family"), *(f"`{name}`" for name in names))
    rows = tuple(
        (family, *("✓" if family in told[name] else "–" for name in names))
        for family, _ in _FAMILIES
        if any(family in told[name] for name in names)
    )
    return [Table(head, rows)]


def lookup(reader: Reader) -> list[Block]:
    if not _may_see(reader):
        return _unseen(reader)
    return [
        Prose(reader.word("per_million")),
        model_table(reader, list(reader.offers.models), find=reader.word("filter")),
    ]


def worked(reader: Reader) -> list[Block]:
    if not _may_see(reader):
        return _unseen(reader)
    rates = {group.name: Decimal(group.rate) for group in reader.offers.groups}
    made: list[Block] = []
    for kind, words in (("input", "worked"), ("per_call", "per_call")):
        for each in reader.offers.models:
            price = each.official.get(kind)
            if price in (None, "0") or (kind == "input" and not is_of("chat", each.model)):
                continue
            group = next(iter(each.by_group))
            rate = rates[group]
            output = Decimal(each.official.get("output", "0"))
            tokens = (1000 * Decimal(price) + 500 * output) / 1_000_000 * rate
            total = tokens if kind == "input" else Decimal(price) * rate
            text = _word(reader, words).format(
                model=each.model, group=group, inp=price, out=output, price=price, rate=rate,
                total=f"{total.normalize():f}",
            )  # fmt: skip
            made.append(Prose(text))
            break
    return made


def statuses(reader: Reader) -> list[Block]:
    """The codes of the relay and of the console, by status, each with what to do and a sample."""
    told = advice(reader.language)
    made: list[Block] = []
    head = tuple(reader.word(name) for name in ("code", "meaning", "what"))
    for status in sorted({each.status for each in told.values()}):
        several = [each for each in told.values() if each.status == status]
        made.append(Heading(2, f"status-{status}", str(status)))
        rows = tuple((f"`{each.code}`", each.meaning, each.action) for each in several)
        made.append(Table(head, rows, ids=tuple(each.code for each in several)))
        first = several[0].code
        made.append(Code(pretty(error_body(first, "openai", reader.language)), "json", first))
    return made


def pictures(reader: Reader) -> list[Block]:
    if not _may_see(reader):
        return _unseen(reader)
    found = [each for each in reader.offers.models if is_of("image", each.model)]
    if not found:
        return [Prose(reader.word("no_model"))]
    return [model_table(reader, found)]


DIRECTIVES: dict[str, Callable[[Reader], list[Block]]] = {
    **{f"import {client}": partial(imports, client=client) for client in clients()},
    "groups": groups,
    "families": families,
    "lookup": lookup,
    "worked": worked,
    "statuses": statuses,
    "pictures": pictures,
}
