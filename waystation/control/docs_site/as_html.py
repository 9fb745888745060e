"""A page's blocks as HTML. Everything is there without scripts; the script adds comfort."""

from html import escape

import msgspec

from waystation.control.docs_site.blocks import (
    Block,
    Call,
    Code,
    Fields,
    Heading,
    Imports,
    Prose,
    Sample,
    Samples,
    Status,
    Table,
    Try,
)
from waystation.control.docs_site.field_rows import FieldRow
from waystation.control.docs_site.markdown import block_html, code_html, inline_html
from waystation.control.docs_site.reader import Reader


def blocks_html(blocks: list[Block] | tuple[Block, ...], reader: Reader) -> str:
    return "".join(_block(block, reader) for block in blocks)


def _block(block: Block, reader: Reader) -> str:
    match block:
        case Heading():
            return (
                f'<h{block.level} id="{escape(block.id)}">'
                f'<a class="anchor" href="#{escape(block.id)}">{_inline(block.text, reader)}</a>'
                f"</h{block.level}>\n"
            )
        case Prose():
            return block_html(block.text, reader.language)
        case Call():
            return _call(block, reader)
        case Table():
            return _table(block, reader)
        case Fields():
            rows = "".join(_field(row, block.where, reader) for row in block.rows)
            return f'<div class="fields" data-where="{escape(block.where)}">{rows}</div>\n'
        case Code():
            return code_html(block.text, block.fence, block.title)
        case Samples():
            return _samples(block)
        case Status():
            return _status(block, reader)
        case Try():
            return _try(block, reader)
        case Imports():
            return _imports(block, reader)


def _imports(block: Imports, reader: Reader) -> str:
    """The key stays in the page: the script writes it into the links there."""
    links = "".join(
        f'<a class="button" role="link" aria-disabled="true" data-link="{escape(each.link)}"'
        f' data-wrapped="{str(each.wrapped).lower()}">'
        f"{escape(reader.word('import_into').format(program=each.program))}</a>\n"
        for each in block.links
    )
    return (
        f'<div class="imports"><p class="needs-script">{reader.word("imports_need_script")}</p>'
        f'<div class="ready" hidden><label>{reader.word("key")} ({reader.word("key_hint")})'
        f'<input type="password" autocomplete="off" placeholder="sk-…"></label>\n{links}</div>'
        "</div>\n"
    )


def _inline(text: str, reader: Reader) -> str:
    return inline_html(text, reader.language)


def _call(call: Call, reader: Reader) -> str:
    also = ""
    if call.also:
        listed = ", ".join(f"<code>{escape(each)}</code>" for each in call.also)
        also = f'<p class="also">{reader.word("also")}: {listed}</p>\n'
    url = escape(reader.base_url + call.url)
    return (
        f'<div class="call"><span class="method {call.method.lower()}">{call.method}</span>'
        f'<code class="path" tabindex="0">{escape(call.url)}</code>'
        f'<button type="button" class="copy" data-text="{url}"></button></div>\n{also}'
    )


def _table(table: Table, reader: Reader) -> str:
    head = "".join(f'<th scope="col">{_inline(cell, reader)}</th>' for cell in table.head)
    rows = []
    for at, row in enumerate(table.rows):
        anchor = f' id="{escape(table.ids[at])}"' if table.ids else ""
        cells = "".join(f"<td>{_inline(cell, reader)}</td>" for cell in row)
        rows.append(f"<tr{anchor}>{cells}</tr>\n")
    find = ""
    if table.find:
        find = (
            f'<label class="find">{reader.word("find_model")} '
            f'<input type="search" placeholder="{escape(table.find)}" data-find></label>\n'
        )
    body = "".join(rows)
    return (
        f'{find}<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>\n"
    )


def _field(row: FieldRow, where: str, reader: Reader) -> str:
    needed = "required" if row.required else "optional"
    name = (
        f'<code class="name">{escape(row.name)}</code><span class="type">{escape(row.kind)}</span>'
    )
    form = row.name.startswith("<")
    if not form and not where.startswith(("reply", "object")):
        name += f'<span class="{needed}">{reader.word(needed)}</span>'
    if row.deprecated:
        name += f'<span class="optional">{reader.word("deprecated")}</span>'
    facts = _facts(row, reader)
    text = f'<div class="about">{block_html(row.text, reader.language)}</div>' if row.text else ""
    inner = ""
    if row.rows:
        rows = "".join(_field(each, where, reader) for each in row.rows)
        count = f"{len(row.rows)} {reader.word('fields' if len(row.rows) > 1 else 'one_field')}"
        inner = f"<details><summary>{count}</summary>{rows}</details>"
    return (
        f'<div class="field" data-field="{escape(row.path)}"><div class="field-head">{name}</div>'
        f"{text}{facts}{inner}</div>\n"
    )


def _facts(row: FieldRow, reader: Reader) -> str:
    told = []
    if row.values:
        values = " ".join(f"<code>{escape(value)}</code>" for value in row.values)
        told.append(f"{reader.word('one_of')}: {values}")
    if row.default:
        told.append(f"{reader.word('default')}: <code>{escape(row.default)}</code>")
    for name, value in row.limits:
        told.append(f"{reader.word(name)}: <code>{escape(value)}</code>")
    return f'<div class="facts">{" · ".join(told)}</div>' if told else ""


def _samples(block: Samples) -> str:
    return '<div class="samples">' + "".join(map(_sample, block.samples)) + "</div>\n"


def _sample(sample: Sample) -> str:
    title = sample.language_title
    if sample.variant_title != title:
        title += f" · {sample.variant_title}"
    return (
        f'<details class="sample" data-language="{sample.language}" data-variant="{sample.variant}"'
        f' data-language-title="{escape(sample.language_title)}"'
        f' data-variant-title="{escape(sample.variant_title)}">'
        f"<summary>{escape(title)}</summary>"
        f"{code_html(sample.text.rstrip(chr(10)), sample.fence, title)}</details>\n"
    )


def _status(block: Status, reader: Reader) -> str:
    kind = "good" if block.status < 400 else "bad"
    opened = " open" if block.open else ""
    return (
        f'<details class="status" data-status="{block.status}"{opened}><summary>'
        f'<span class="{kind}">{block.status}</span> {_inline(block.text, reader)}</summary>'
        f"{blocks_html(block.blocks, reader)}</details>\n"
    )


def _try(block: Try, reader: Reader) -> str:
    data = escape(msgspec.json.encode(block).decode())
    words = escape(
        msgspec.json.encode(
            {
                name: reader.word(name)
                for name in (
                    "key", "key_hint", "send", "stop", "answer", "body", "empty_key", "cost",
                    "status", "took", "file", "meanwhile",
                )
            }
        ).decode()
    )  # fmt: skip
    return (
        f'<div class="try" data-try="{data}" data-words="{words}">'
        f'<p class="needs-script">{reader.word("needs_script")}</p></div>\n'
    )
