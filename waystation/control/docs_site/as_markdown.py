"""A page's blocks as Markdown, for people and programs that read plain text."""

from waystation.control.docs_site.blocks import (
    Block,
    Call,
    Code,
    Fields,
    Heading,
    Imports,
    Prose,
    Samples,
    Status,
    Table,
    Try,
)
from waystation.control.docs_site.field_rows import FieldRow, flat
from waystation.control.docs_site.markdown import linked
from waystation.control.docs_site.reader import Reader

_VARIANTS_SHOWN = {"shell": "curl", "javascript": "fetch", "python": "requests"}


def page_markdown(title: str, blocks: list[Block], reader: Reader) -> str:
    text = f"# {title}\n\n" + blocks_markdown(blocks, reader)
    return linked(text, reader.base_url, reader.language, ".md")


def blocks_markdown(blocks: list[Block] | tuple[Block, ...], reader: Reader) -> str:
    return "".join(_block(block, reader) for block in blocks)


def _block(block: Block, reader: Reader) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {block.text}\n\n"
        case Prose():
            return block.text + "\n\n"
        case Call():
            also = ", ".join(f"`{each}`" for each in block.also)
            more = f"{reader.word('also')}: {also}\n\n" if also else ""
            return f"`{block.method} {reader.base_url}{block.url}`\n\n{more}"
        case Table():
            return _table(block.head, block.rows)
        case Fields():
            return _fields(block, reader)
        case Code():
            return fenced(block.text, block.fence, block.title)
        case Samples():
            return _samples(block)
        case Status():
            return f"### {block.status} {block.text}\n\n" + blocks_markdown(block.blocks, reader)
        case Try():
            return ""
        case Imports():
            head = (reader.word("program"), reader.word("link"))
            return _table(head, tuple((each.program, f"`{each.link}`") for each in block.links))


def fenced(text: str, fence: str, title: str = "") -> str:
    ticks = "````" if "```" in text else "```"
    head = f"{title}:\n\n" if title and title.lower() != fence else ""
    end = "" if text.endswith("\n") else "\n"
    return f"{head}{ticks}{fence}\n{text}{end}{ticks}\n\n"


def _table(head: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in lines) + "\n\n"


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")


def _fields(block: Fields, reader: Reader) -> str:
    shows_need = not block.where.startswith(("reply", "object"))
    rows = []
    for row in flat(block.rows):
        needed = reader.word("required" if row.required else "optional") if shows_need else ""
        rows.append((f"`{row.path}`", row.kind, needed, _about(row, reader)))
    head = (reader.word("field"), reader.word("type"), "", reader.word("meaning"))
    return _table(head, tuple(rows))


def _about(row: FieldRow, reader: Reader) -> str:
    told = [row.text] if row.text else []
    if row.values:
        values = ", ".join(f"`{value}`" for value in row.values)
        told.append(f"{reader.word('one_of')}: {values}.")
    if row.default:
        told.append(f"{reader.word('default')}: `{row.default}`.")
    told += [f"{reader.word(name)}: `{value}`." for name, value in row.limits]
    return " ".join(told)


def _samples(block: Samples) -> str:
    """One a language; the page itself has every variant."""
    made, seen = [], set()
    for sample in block.samples:
        wanted = _VARIANTS_SHOWN.get(sample.language, sample.variant)
        if sample.language in seen or sample.variant != wanted:
            continue
        seen.add(sample.language)
        made.append(fenced(sample.text, sample.fence, sample.language_title))
    return "".join(made)
