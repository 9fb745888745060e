"""Tokens without a tokenizer: an upper bound of a prompt, a fair guess of a text.

The bound rests on this. Tokenizers in use are byte-level (or fall back to bytes), so a token stands
for at least one byte and no text has more tokens than bytes. JSON text has at least as many bytes
as what it encodes, and its punctuation outweighs the few tokens that a chat template adds to a
message. Small bodies are bounded by just that. For larger ones two classes are counted at less
than one token a byte, because real text never comes near: lower-case letters and blanks at a half
(prose, code and even random lower-case letters have more than two to a token), and characters of
U+2000 and above at one token less than their bytes (CJK: two a character, where the worst
tokenizer in use averages 1.3). Digits, capitals, punctuation and the scripts that tokenizers know
badly (Indic, Georgian, Khmer, Ethiopic …) stay at one token a byte, so base64 and hex stay bounded.
"""

PLAIN_BYTES_MAX = 1024

_HALVES = b"abcdefghijklmnopqrstuvwxyz "
_WIDE_LEADS = bytes(range(0xE2, 0xF5))
_NOT_ASCII = bytes(range(0x80, 0x100))
_CONTINUATIONS = bytes(range(0x80, 0xC0))


def tokens_bound(body: bytes) -> int:
    """No tokenizer makes more tokens of this JSON text."""
    return len(body) if len(body) <= PLAIN_BYTES_MAX else classed_bound(body)


def classed_bound(body: bytes) -> int:
    """The bound by classes of bytes, whatever the size."""
    size = len(body)
    others = len(body.translate(None, _HALVES))
    bound = others + (size - others + 1) // 2
    if not body.isascii():
        bound -= size - len(body.translate(None, _WIDE_LEADS))
    return bound


def tokens_guess(body: bytes) -> int:
    """About how many tokens a text has: a quarter of its ASCII bytes, 0.8 a wider character."""
    size = len(body)
    if body.isascii():
        return (size + 3) // 4
    ascii_bytes = len(body.translate(None, _NOT_ASCII))
    characters = len(body.translate(None, _CONTINUATIONS)) - ascii_bytes
    return (ascii_bytes + 3) // 4 + (characters * 4 + 4) // 5


class TextTally:
    """Counts the text of an answer as it passes; `tokens` is the guess for all of it."""

    __slots__ = ("ascii_chars", "pieces", "wide_chars")

    def __init__(self) -> None:
        self.ascii_chars = 0
        self.wide_chars = 0
        self.pieces = 0

    def add(self, text: str) -> None:
        """One more piece of text."""
        self.pieces += 1
        if text.isascii():
            self.ascii_chars += len(text)
        else:
            wide = len(text) - len(text.encode("ascii", "ignore"))
            self.wide_chars += wide
            self.ascii_chars += len(text) - wide

    @property
    def chars(self) -> int:
        return self.ascii_chars + self.wide_chars

    @property
    def tokens(self) -> int:
        """0 only when nothing was seen."""
        return (self.ascii_chars + 3) // 4 + (self.wide_chars * 4 + 4) // 5

    @property
    def tokens_max(self) -> int:
        """What nobody can exceed for this text: a token a byte."""
        return self.ascii_chars + 4 * self.wide_chars
