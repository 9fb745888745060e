"""POST /v1/chat/completions, read.

Everything that money depends on is checked here, before a hold is taken. Unknown fields and roles
are nobody's business: they pass.
"""

from collections.abc import Callable, Sequence

import msgspec

from waystation.dialects.ir import Chat, Effort, Reply
from waystation.dialects.lanes import Bill
from waystation.dialects.loss import Loss
from waystation.dialects.openai_chat.affinity import affinity_of
from waystation.dialects.openai_chat.body import TokenLimits, write_body
from waystation.dialects.openai_chat.chunk_writer import CHAT_SHAPE, StreamPart
from waystation.dialects.openai_chat.event_writer import ChatWriter
from waystation.dialects.openai_chat.fan_out import FanOutStream, merged
from waystation.dialects.openai_chat.legacy import convert_functions, convert_turns
from waystation.dialects.openai_chat.messages import contents
from waystation.dialects.openai_chat.reply import ChatReply
from waystation.dialects.openai_chat.reply_writer import write_reply
from waystation.dialects.openai_chat.request_reader import read_chat
from waystation.dialects.openai_chat.stream import ChatStream
from waystation.dialects.openai_chat.stream_options import stream_options_of
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.server_tools import asked
from waystation.dialects.suffix_setting import for_chat, switched
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_guess
from waystation.kernel.scalars import coerce_number, count, flag, is_null, kind, required_text
from waystation.kernel.strictjson import Fields, invalid_json, raw_of, read_object
from waystation.meter.beside import NOTHING, Beside
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally
from waystation.meter.usage import Usage

Headers = Callable[[str], str | None]

TOKENS_MOST = 10_000_000
TOOLS_TEMPLATE_TOKENS = 512
"""What vendors' templates say of tools on top of the tools themselves; recorded: some 250."""
_NUMBERS = frozenset(
    ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "top_logprobs")
)
_LIMITS = frozenset(("max_tokens", "max_completion_tokens"))
_NO_LIMITS = TokenLimits()
_NOTHING: frozenset[str] = frozenset()


class HasInput(Fault):
    """A Responses body: some clients send it to the chat's address, which reads it as such."""


class ChatOperation:
    """Implements `Operation` for chat. include_usage: the caller asked for the usage chunk."""

    __slots__ = (
        "_beside",
        "_effort",
        "_fields",
        "_headers",
        "_limits",
        "_stream_options",
        "body",
        "choices",
        "include_usage",
        "is_legacy",
        "model",
        "n",
        "needs",
        "output_limit",
        "prompt_tokens",
        "stream",
    )

    name = "chat"
    dialect = "openai_chat"
    shape = CHAT_SHAPE
    expects_output = True
    fans_out = True

    def __init__(self, body: bytes, fields: Fields, headers: Headers, choices_max: int) -> None:
        self.body = body
        self._beside: Beside | None = None
        self._effort: Effort | None = None
        self._fields = fields
        self._headers = headers
        self.model = required_text(fields, "model")
        self.stream = flag(fields, "stream")
        self.n = self.choices = 1
        if "n" in fields:
            self.n = self.choices = count(fields, "n", choices_max) or 1
        self._limits = _NO_LIMITS
        if not _LIMITS.isdisjoint(fields):
            self._limits = TokenLimits(
                count(fields, "max_tokens", TOKENS_MOST),
                count(fields, "max_completion_tokens", TOKENS_MOST),
            )
        self.output_limit = self._limits.asked
        for name in _NUMBERS.intersection(fields):
            coerce_number(fields, name)
        if "extra_body" in fields:
            _hoist_enable_thinking(fields)
        if "seen" in fields:
            _alias_seed(fields)
        self.is_legacy = convert_functions(fields)
        needs = _tool_needs(fields) if "tools" in fields else _NOTHING
        found = contents(body, fields["messages"], self.model)
        if found.messages is not None:
            fields["messages"] = found.messages
        if found.has_function_turns:
            fields["messages"] = convert_turns(fields["messages"])
        self.prompt_tokens = found.prompt_tokens + (TOOLS_TEMPLATE_TOKENS if needs else 0)
        self.needs = needs | found.needs
        self._stream_options, self.include_usage = stream_options_of(fields)

    @property
    def affinity(self) -> str | None:
        """Made on demand: routing asks only where a model has several channels."""
        return affinity_of(self._fields, self._headers)

    def body_for(self, target: Target) -> bytes:
        options = self._stream_options if self.stream else None
        fields = self._fields
        if self._effort is not None and target.thinking_switch:
            fields = switched(fields, self._effort, target.thinking_switch)
        return write_body(fields, target, self._limits, options)

    def reply_reader(self, target: Target, receipt: Receipt) -> ChatReply:
        return ChatReply(self.model, target, receipt, self._tally(target), self.is_legacy)

    def stream_reader(self, target: Target, receipt: Receipt) -> ChatStream:
        return ChatStream(
            CHAT_SHAPE,
            model=self.model,
            target=target,
            receipt=receipt,
            tally=self._tally(target),
            include_usage=self.include_usage,
            choices=target.n or self.n,
            as_function_call=self.is_legacy,
        )

    def fan_out_stream(self, target: Target, receipt: Receipt) -> FanOutStream:
        """A reader for n parallel streams, each with a body of `n=1`."""

        def part_reader(part: StreamPart) -> ChatStream:
            return ChatStream(
                CHAT_SHAPE,
                model=self.model,
                target=target,
                receipt=receipt,
                tally=self._tally(target),
                include_usage=False,
                as_function_call=self.is_legacy,
                part=part,
            )

        return FanOutStream(
            self.n,
            part_reader,
            shape=CHAT_SHAPE,
            model=self.model,
            cost_of=receipt.cost_of,
            include_usage=self.include_usage,
        )

    def merge(self, replies: Sequence[bytes], usage: Usage, receipt: Receipt) -> bytes:
        """One reply out of n calls' replies, each as its reader gave it."""
        return merged(replies, usage, receipt.cost_of(usage))

    def prompt_guess(self) -> int:
        """Tokens of the prompt when nobody told them; never above the bound."""
        return min(tokens_guess(self.body), self.prompt_tokens)

    def think(self, effort: Effort, model: str) -> None:
        if for_chat(self._fields, effort):
            self._effort = effort

    def beside(self) -> Beside:
        found = self._beside
        if found is None:
            found = self._beside = asked("chat", self._fields)
        return found

    def _tally(self, target: Target) -> Tally:
        tally = Tally(self.limits(target), self.prompt_guess)
        if self.beside() is not NOTHING:
            tally.asks(self.beside().without(target.strip))
        return tally

    # ---- the translated lane ---------------------------------------------------------------

    def read_chat(self) -> tuple[Chat, tuple[Loss, ...]]:
        return read_chat(self._fields, self.model, self.stream, self.output_limit)

    def write_reply(self, reply: Reply, bill: Bill) -> bytes:
        return write_reply(reply, self.model, bill, self.is_legacy)

    def event_writer(self, bill: Bill, part: StreamPart | None = None) -> ChatWriter:
        return ChatWriter(
            self.model,
            bill,
            include_usage=self.include_usage,
            as_function_call=self.is_legacy,
            part=part,
        )

    def limits(self, target: Target) -> Limits:
        limit = target.output_limit if target.output_limit is not None else self.output_limit
        return Limits(
            prompt_tokens=self.prompt_tokens,
            output_tokens=limit,
            choices=target.n or self.n,
        )


def parse(body: bytes, headers: Headers, *, choices_max: int = 16) -> ChatOperation:
    """A chat request out of its body. headers: a header's value by lower-case name.

    Raises Fault: invalid_json, missing_field, invalid_value, invalid_request (all 400)."""
    fields = read_object(body)
    if is_null(fields.get("messages")):
        if "input" in fields:
            reason = (
                "The body has 'input' instead of 'messages': it is a Responses request. "
                "Send it to /v1/responses, or send 'messages' here."
            )
            raise HasInput("invalid_request", reason=reason, param="messages")
        raise Fault("missing_field", param="messages")
    try:
        return ChatOperation(body, fields, headers, choices_max)
    except RecursionError:
        raise invalid_json("nested too deeply") from None


def _alias_seed(fields: Fields) -> None:
    """`seen` is a typo for `seed` that a family of docs spread."""
    value = fields.pop("seen")
    if "seed" not in fields:
        fields["seed"] = value
        coerce_number(fields, "seed")


def _hoist_enable_thinking(fields: Fields) -> None:
    """`extra_body` is what SDKs unfold by themselves; callers without one send it as it stands."""
    extra = fields.get("extra_body")
    if extra is None or kind(extra) != "{":
        return
    inner = msgspec.json.decode(extra, type=dict[str, msgspec.Raw])
    if "enable_thinking" not in inner:
        return
    fields.setdefault("enable_thinking", inner.pop("enable_thinking"))
    if inner:
        fields["extra_body"] = raw_of(inner)
    else:
        del fields["extra_body"]


def _tool_needs(fields: Fields) -> frozenset[str]:
    tools = fields.get("tools")
    if tools is None or is_null(tools):
        return frozenset()
    if kind(tools) != "[":
        raise Fault("invalid_value", param="tools", reason="expected an array of objects")
    if not bytes(memoryview(tools)[1:-1][:64]).strip():
        # An empty list means no tools, and upstreams refuse a choice among none.
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            fields.pop(name, None)
        return frozenset()
    return frozenset(("tools",))
