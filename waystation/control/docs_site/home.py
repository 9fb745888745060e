"""The first page: every page by section; the same as llms.txt."""

from html import escape

from waystation.control.docs_site.frame import framed
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.tree import SECTIONS, Words

_ABOUT = Words(
    "One address and one token for the models of this site. Base address: `{base}`, with `/v1` for "
    "OpenAI's clients.",
    "一个地址、一个令牌即可使用本站全部模型。接口地址：`{base}`，OpenAI 客户端请加 `/v1`。",
)


def home_html(reader: Reader) -> str:
    language = reader.language
    base = f"<code>{escape(reader.base_url)}</code>"
    about = (
        escape(_ABOUT.of(language)).replace("`{base}`", base).replace("`/v1`", "<code>/v1</code>")
    )
    parts = [f"<h1>{escape(reader.offers.site)} {reader.word('docs')}</h1>\n<p>{about}</p>\n"]
    parts.append('<div class="cards">\n')
    for section in SECTIONS:
        rows = "".join(
            f'<li><a href="/docs/{language}/{page.slug}">{escape(page.title.of(language))}</a></li>'
            for page in section.pages
        )
        title = escape(section.title.of(language))
        parts.append(f"<section><h2>{title}</h2><ul>{rows}</ul></section>\n")
    parts.append("</div>\n")
    return framed(reader, reader.word("docs"), "".join(parts))


def llms_text(reader: Reader) -> str:
    """By https://llmstxt.org: a title, a line about it, links to Markdown."""
    language = reader.language
    about = _ABOUT.of(language).replace("{base}", reader.base_url)
    lines = [f"# {reader.offers.site}", "", f"> {about}", ""]
    lines += [f"OpenAPI 3.1: {reader.base_url}/openapi.json", ""]
    for section in SECTIONS:
        lines += [f"## {section.title.of(language)}", ""]
        for page in section.pages:
            address = f"{reader.base_url}/docs/{language}/{page.slug}.md"
            lines.append(f"- [{page.title.of(language)}]({address})")
        lines.append("")
    return "\n".join(lines)
