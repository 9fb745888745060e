"""A prompt taken apart: links at its head, the text, then `--name value…`.

`—` counts as `--`; values run to the next ` --`, so hyphens inside values and links are safe.
"""

import re

import msgspec

from waystation.dialects.midjourney.speed import Mode, mode_of

PROMPT_CHARACTERS_MAX = 16_384
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
_MARK = re.compile(r"(?:^|(?<=\s))(?:--|—)(?=\S)")
_WEIGHT = re.compile(r"::(-?(?:\d+(?:\.\d+)?|\.\d+))?(?=\s|$)")
_PERMUTED = re.compile(r"\{[^{}]*,[^{}]*\}")


class Parameter(msgspec.Struct, frozen=True):
    """name: as written, lower case, without dashes. value: "" of a flag."""

    name: str
    value: str


class Prompt(msgspec.Struct, frozen=True):
    links: tuple[str, ...]
    text: str
    parameters: tuple[Parameter, ...]

    @property
    def is_permuted(self) -> bool:
        """{a,b} stands for several prompts."""
        return _PERMUTED.search(self.text) is not None

    def weighted(self) -> tuple[tuple[str, float], ...]:
        """The text in the parts that `::weight` ends, each with its weight."""
        parts: list[tuple[str, float]] = []
        begin = 0
        for match in _WEIGHT.finditer(self.text):
            part = self.text[begin : match.start()].strip()
            begin = match.end()
            if part:
                parts.append((part, float(match[1]) if match[1] else 1.0))
        rest = self.text[begin:].strip()
        if rest:
            parts.append((rest, 1.0))
        return tuple(parts)

    def write(self) -> str:
        """Put together again, links first, dashes as they should be."""
        flags = (f"--{each.name} {each.value}".rstrip() for each in self.parameters)
        return " ".join(part for part in (*self.links, self.text, *flags) if part)


def read_prompt(prompt: str) -> Prompt:
    marks = list(_MARK.finditer(prompt))
    head = prompt[: marks[0].start()] if marks else prompt
    parameters = []
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(prompt)
        name, value = _named(prompt[mark.end() : end])
        parameters.append(Parameter(name.lower(), value))
    links, text = _links(head.strip())
    return Prompt(links, text, tuple(parameters))


def without_speed(prompt: str) -> tuple[str, Mode]:
    """The prompt without --fast, --relax and --turbo, and the last of them: where the address
    decides, the flag must not go upstream. A prompt without one comes back as it was."""
    found: Mode = ""
    kept: list[str] = []
    begin = 0
    marks = list(_MARK.finditer(prompt))
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(prompt)
        name, rest = _named(prompt[mark.end() : end])
        mode = mode_of(name)
        if mode:
            found = mode
            kept.append(prompt[begin : mark.start()])
            kept.append(rest)
            begin = end
    if not found:
        return prompt, ""
    kept.append(prompt[begin:])
    return " ".join(part.strip() for part in kept if part.strip()), found


def is_foreign(text: str) -> bool:
    """It has words of Chinese, Japanese or Korean."""
    return _CJK.search(text) is not None


def with_words(prompt: str, words: str) -> str:
    """The prompt with other words; links and parameters as they were."""
    text = words_of(prompt)
    return prompt.replace(text, words, 1) if text else prompt


def words_of(prompt: str) -> str:
    """What a person wrote: no links, no parameters."""
    return read_prompt(prompt).text


def _named(written: str) -> tuple[str, str]:
    """The name and what follows it; whatever blank lies between."""
    parts = written.split(None, 1)
    return parts[0], parts[1].strip() if len(parts) > 1 else ""


def _links(head: str) -> tuple[tuple[str, ...], str]:
    links: list[str] = []
    while head:
        word, rest = _named(head)
        bare = word[1:-1] if word.startswith("<") and word.endswith(">") else word
        if not bare.lower().startswith(("http://", "https://")):
            break
        links.append(bare)
        head = rest
    return tuple(links), head
