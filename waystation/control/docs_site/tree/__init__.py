"""The tree of pages: the contract's sections in their order, then set-up, questions, and every call
that has no page among them."""

from waystation.control.docs_site.tree import chat, media, others, vendors
from waystation.control.docs_site.tree.manual import OPERATING
from waystation.control.docs_site.tree.page import Language, Page, Section, Words
from waystation.control.openapi.endpoints import ENDPOINTS

CONTRACT: tuple[Section, ...] = (
    others.START,
    others.GROUPS,
    media.AUDIO,
    chat.CHAT,
    chat.COMPLETIONS,
    chat.EMBEDDINGS,
    vendors.CLAUDE,
    media.IMAGES,
    media.MIDJOURNEY,
    vendors.GEMINI,
    vendors.GPTS,
    vendors.SONGS,
    others.PYTHON,
    others.STATUS,
)
_NAMED = (*CONTRACT, others.CLIENTS, others.QUESTIONS, others.NATIVE)
_SHOWN = {page.operation for section in _NAMED for page in section.pages if page.kind == "endpoint"}
SECTIONS: tuple[Section, ...] = (
    *_NAMED,
    *others.remaining(_SHOWN, [(e.id, e.tag, e.summary, e.summary_zh) for e in ENDPOINTS]),
    OPERATING,
)
PAGES: dict[str, Page] = {page.slug: page for section in SECTIONS for page in section.pages}
SECTION_OF: dict[str, Section] = {page.slug: s for s in SECTIONS for page in s.pages}
_ORDER = list(PAGES)


def neighbours(slug: str) -> tuple[Page | None, Page | None]:
    """Before and after, in the order of the tree."""
    at = _ORDER.index(slug)
    before = PAGES[_ORDER[at - 1]] if at else None
    after = PAGES[_ORDER[at + 1]] if at + 1 < len(_ORDER) else None
    return before, after


__all__ = [
    "CONTRACT", "PAGES", "SECTIONS", "SECTION_OF", "Language", "Page", "Section", "Words",
    "neighbours",
]  # fmt: skip
