"""What the models of a page cost here, by group."""

from waystation.control.docs_site.blocks import Block, Prose, Table
from waystation.control.docs_site.models import is_of
from waystation.control.docs_site.offers import ModelPrice
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.tree.page import Language, Words

_ROWS_MAX = 12
_UNITS = {
    "input": Words("in", "输入"),
    "output": Words("out", "输出"),
    "cached_input": Words("cached in", "缓存输入"),
    "cache_write_5m": Words("cache write (5 min)", "缓存写入（5 分钟）"),
    "cache_write_1h": Words("cache write (1 h)", "缓存写入（1 小时）"),
    "reasoning": Words("reasoning", "思考"),
    "audio_in": Words("audio in", "音频输入"),
    "audio_out": Words("audio out", "音频输出"),
    "image_in": Words("pictures in", "图片输入"),
    "image_out": Words("pictures out", "图片输出"),
    "per_call": Words("a call", "次"),
    "per_image": Words("a picture", "张"),
    "per_character": Words("a character", "字符"),
    "per_second": Words("a second", "秒"),
}
_WHOLE = frozenset({"per_call", "per_image", "per_character", "per_second"})


def price_text(told: dict[str, str], language: Language) -> str:
    """`in $0.15, out $0.6` for a million tokens, `$0.1 / call`."""
    if not told:
        return ""
    if set(told.values()) == {"0"}:
        return Words("free", "免费").of(language)
    shown = []
    for name, usd in told.items():
        unit = _UNITS[name].of(language) if name in _UNITS else name.removeprefix("image:")
        apart = name in _WHOLE or name.startswith("image:")
        shown.append(f"${usd} / {unit}" if apart else f"{unit} ${usd}")
    return ", ".join(shown)


def prices_of(reader: Reader, kind: str) -> list[Block]:
    offers = reader.offers
    if offers.away or not offers.shown:
        return [Prose(reader.word("away" if offers.away else "no_prices"))]
    found = [each for each in offers.models if is_of(kind, each.model)]
    exact = [each for each in found if "*" not in each.model]
    found = exact or found  # a name's own price goes before that of its pattern
    if not found:
        return [Prose(f"{reader.word('no_model')} {_whole_table(reader)}")]
    tokens = any("input" in each.official for each in found)
    blocks: list[Block] = [Prose(reader.word("per_million"))] if tokens else []
    blocks.append(model_table(reader, found[:_ROWS_MAX]))
    blocks.append(Prose(_whole_table(reader)))
    return blocks


def _whole_table(reader: Reader) -> str:
    return f"[{reader.word('more_models')}](docs:groups/prices)."


def model_table(reader: Reader, models: list[ModelPrice], find: str = "") -> Table:
    """A row a model and group."""
    language = reader.language
    rates = {group.name: group.rate for group in reader.offers.groups}
    rows = [
        (
            f"`{each.model}`",
            f"`{group}` × {rates.get(group, '')}",
            price_text(told, language) or reader.word("no_price"),
            price_text(each.official, language) or "–",
        )
        for each in models
        for group, told in each.by_group.items()
    ]
    head = tuple(reader.word(name) for name in ("model", "group", "prices", "official"))
    return Table(head, tuple(rows), find=find)
