"""What a page is made of."""

from typing import Literal

import msgspec

Language = Literal["en", "zh"]
Kind = Literal["guide", "manual", "endpoint", "object"]


class Words(msgspec.Struct, frozen=True, array_like=True):
    """The same in both languages; Markdown where it is more than a title."""

    en: str = ""
    zh: str = ""

    def of(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """slug: its address below /docs/{language}/. about: what stands at its head. operation: the
    operationId; example: which of its request examples, "" the first. schema: of an object's page;
    its examples are those of the operation's reply. models: the kind of `models.KINDS` whose prices
    stand there, "" where the call is free. A guide's text is guides/{language}/{file}.md, file ""
    is the slug's end; a manual's is docs/guides/{language}/{file}.md."""

    slug: str
    title: Words
    kind: Kind
    about: Words = Words()
    operation: str = ""
    example: str = ""
    schema: str = ""
    models: str = ""
    file: str = ""


class Section(msgspec.Struct, frozen=True):
    title: Words
    pages: tuple[Page, ...]


def guide(slug: str, en: str, zh: str, file: str = "") -> Page:
    name = file or slug.rpartition("/")[2]
    return Page(slug=slug, title=Words(en, zh), kind="guide", file=name)


def endpoint(
    slug: str,
    en: str,
    zh: str,
    operation: str,
    example: str = "",
    *,
    models: str = "",
    about: tuple[str, str] = ("", ""),
) -> Page:
    return Page(
        slug=slug,
        title=Words(en, zh),
        kind="endpoint",
        operation=operation,
        example=example,
        models=models,
        about=Words(*about),
    )


def thing(
    slug: str, en: str, zh: str, operation: str, schema: str, about: tuple[str, str] = ("", "")
) -> Page:
    return Page(
        slug=slug,
        title=Words(en, zh),
        kind="object",
        operation=operation,
        schema=schema,
        about=Words(*about),
    )
