"""POST /v1/completions: a text continued. Same stream rules as chat, with bare text for deltas."""

from collections.abc import Callable, Sequence

import msgspec

from waystation.dialects.ir import Chat, Reply
from waystation.dialects.lanes import Bill
from waystation.dialects.loss import Loss
from waystation.dialects.openai_chat.affinity import affinity_of
from waystation.dialects.openai_chat.chunk_writer import TEXT_SHAPE, StreamPart
from waystation.dialects.openai_chat.fan_out import FanOutStream, merged
from waystation.dialects.openai_chat.reply import ChatReply
from waystation.dialects.openai_chat.stream import ChatStream
from waystation.dialects.openai_chat.stream_options import stream_options_of
from waystation.dialects.openai_text import as_chat
from waystation.dialects.operation import Receipt, Target
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_bound, tokens_guess
from waystation.kernel.scalars import coerce_number, count, flag, is_null, kind, required_text
from waystation.kernel.strictjson import Fields, invalid_json, raw_of, read_object, rebuild
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally
from waystation.meter.usage import Usage

Headers = Callable[[str], str | None]

TOKENS_MOST = 10_000_000
TOKENS_DEFAULT = 16
PROMPTS_MOST = 2048
_NUMBERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "logprobs")

_decode_texts = msgspec.json.Decoder(list[str]).decode
_decode_ids = msgspec.json.Decoder(list[int]).decode
_decode_lists = msgspec.json.Decoder(list[list[int]]).decode


class Prompt(msgspec.Struct, frozen=True):
    """prompts: how many texts are to be continued. ids: token ids among them, exact tokens."""

    prompts: int
    ids: int = 0


class CompletionOperation:
    """Implements `Operation`. choices: n × prompts, or best_of × prompts where that is more, since
    each of them is made and charged. fans_out: one prompt only, whose answers are told in any
    order; several are one call's."""

    __slots__ = (
        "_body",
        "_fields",
        "_headers",
        "_max_tokens",
        "_stream_options",
        "choices",
        "fans_out",
        "include_usage",
        "model",
        "n",
        "output_limit",
        "prompt_tokens",
        "prompts",
        "stream",
    )

    name = "completion"
    dialect = "openai_chat"
    shape = TEXT_SHAPE
    expects_output = True
    needs: frozenset[str] = frozenset()

    def __init__(self, body: bytes, fields: Fields, headers: Headers, choices_max: int) -> None:
        self._body = body
        self._fields = fields
        self._headers = headers
        self.model = required_text(fields, "model")
        self.stream = flag(fields, "stream")
        self.n = count(fields, "n", choices_max) or 1
        best_of = count(fields, "best_of", choices_max) or 1
        if best_of > 1 and best_of < self.n:
            raise Fault("invalid_value", param="best_of", reason="must not be less than n")
        self._max_tokens = count(fields, "max_tokens", TOKENS_MOST, least=0)
        self.output_limit = TOKENS_DEFAULT if self._max_tokens is None else self._max_tokens
        for name in _NUMBERS:
            if name in fields:
                coerce_number(fields, name)
        if "seen" in fields:
            fields.setdefault("seed", fields.pop("seen"))
            fields.pop("seen", None)
            coerce_number(fields, "seed")
        prompt = _read_prompt(fields["prompt"])
        self.prompts = prompt.prompts
        self.choices = max(self.n, best_of) * prompt.prompts
        self.fans_out = prompt.prompts == 1 and best_of == 1
        self.prompt_tokens = _bound(body, fields["prompt"], prompt)
        self._stream_options, self.include_usage = stream_options_of(fields)

    @property
    def affinity(self) -> str | None:
        return affinity_of(self._fields, self._headers)

    def body_for(self, target: Target) -> bytes:
        edits: dict[str, msgspec.Raw | None] = {"model": raw_of(target.upstream_model)}
        if self.stream and "stream_options" not in target.refuses:
            edits["stream_options"] = self._stream_options
        if target.n is not None and ("n" in self._fields or target.n != 1):
            edits["n"] = raw_of(target.n)
        limit = target.output_limit
        if limit is not None and (self._max_tokens is None or limit < self._max_tokens):
            edits["max_tokens"] = raw_of(limit)
        edits.update(target.overrides)
        return rebuild(self._fields, edits)

    def reply_reader(self, target: Target, receipt: Receipt) -> ChatReply:
        tally = self._tally(target)
        return ChatReply(self.model, target, receipt, tally, object_name="text_completion")

    def stream_reader(self, target: Target, receipt: Receipt) -> ChatStream:
        return self._stream(target, receipt, None)

    def fan_out_stream(self, target: Target, receipt: Receipt) -> FanOutStream:
        """A reader for n parallel streams, each with a body of `n=1`."""
        return FanOutStream(
            self.n,
            lambda part: self._stream(target, receipt, part),
            shape=TEXT_SHAPE,
            model=self.model,
            cost_of=receipt.cost_of,
            include_usage=self.include_usage,
        )

    def merge(self, replies: Sequence[bytes], usage: Usage, receipt: Receipt) -> bytes:
        """One reply out of n calls' replies, each as its reader gave it."""
        return merged(replies, usage, receipt.cost_of(usage))

    def _stream(self, target: Target, receipt: Receipt, part: StreamPart | None) -> ChatStream:
        return ChatStream(
            TEXT_SHAPE,
            model=self.model,
            target=target,
            receipt=receipt,
            tally=self._tally(target),
            include_usage=self.include_usage and part is None,
            choices=(target.n or self.n) * self.prompts,
            part=part,
        )

    def prompt_guess(self) -> int:
        """Tokens of the prompt when nobody told them."""
        return min(tokens_guess(self._body), self.prompt_tokens)

    def _tally(self, target: Target) -> Tally:
        return Tally(self.limits(target), self.prompt_guess)

    def limits(self, target: Target) -> Limits:
        limit = self.output_limit if target.output_limit is None else target.output_limit
        return Limits(self.prompt_tokens, limit, target.n or self.choices)

    # ---- the translated lane ---------------------------------------------------------------

    def read_chat(self) -> tuple[Chat, tuple[Loss, ...]]:
        return as_chat.read_chat(self._fields, self.model, self.stream, self.output_limit), ()

    def write_reply(self, reply: Reply, bill: Bill) -> bytes:
        return as_chat.write_reply(reply, self.model, bill)

    def event_writer(self, bill: Bill, part: StreamPart | None = None) -> as_chat.TextWriter:
        return as_chat.TextWriter(self.model, bill, include_usage=self.include_usage, part=part)


def parse(body: bytes, headers: Headers, *, choices_max: int = 16) -> CompletionOperation:
    """A completion request out of its body. Raises Fault (400)."""
    fields = read_object(body)
    if is_null(fields.get("prompt")):
        raise Fault("missing_field", param="prompt")
    try:
        return CompletionOperation(body, fields, headers, choices_max)
    except RecursionError:
        raise invalid_json("nested too deeply") from None


def _read_prompt(prompt: msgspec.Raw) -> Prompt:
    """string, string[], int[] (one prompt of token ids) or int[][]."""
    first = kind(prompt)
    if first == '"':
        return Prompt(1)
    if first == "[":
        inner = bytes(memoryview(prompt)[1:64]).lstrip()[:1]
        try:
            if inner == b'"':
                return _checked(Prompt(len(_decode_texts(prompt))))
            if inner == b"[":
                lists = _decode_lists(prompt)
                return _checked(Prompt(len(lists), sum(map(len, lists))))
            if inner.isdigit():
                return Prompt(1, len(_decode_ids(prompt)))
        except (msgspec.ValidationError, RecursionError):
            pass
    reason = "expected a string, or an array of strings, of token ids, or of arrays of token ids"
    raise Fault("invalid_value", param="prompt", reason=reason)


def _checked(prompt: Prompt) -> Prompt:
    if prompt.prompts > PROMPTS_MOST:
        raise Fault("invalid_value", param="prompt", reason=f"at most {PROMPTS_MOST} prompts")
    return prompt


def _bound(body: bytes, raw_prompt: msgspec.Raw, prompt: Prompt) -> int:
    """Token ids are exact; text is bounded by its bytes."""
    if prompt.ids:
        return prompt.ids + len(body) - len(raw_prompt)
    return tokens_bound(body)
