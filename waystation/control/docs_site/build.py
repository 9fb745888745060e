"""A page out of the tree, for one reader: its blocks, as HTML or Markdown."""

from waystation.control.docs_site.as_markdown import page_markdown
from waystation.control.docs_site.blocks import Block
from waystation.control.docs_site.endpoint_page import endpoint_blocks
from waystation.control.docs_site.guide_page import guide_blocks
from waystation.control.docs_site.object_page import object_blocks
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.tree import Page

_KINDS = {
    "endpoint": endpoint_blocks,
    "guide": guide_blocks,
    "manual": guide_blocks,
    "object": object_blocks,
}


def blocks_of(page: Page, reader: Reader) -> list[Block]:
    return _KINDS[page.kind](page, reader)


def markdown_of(page: Page, reader: Reader) -> str:
    return page_markdown(page.title.of(reader.language), blocks_of(page, reader), reader)
