"""POST /v1/messages, read: the native lane, and the door to the translated one.

What money depends on is checked before a hold is taken; all else passes. Coding agents send fields,
roles and block types that no published schema has.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from waystation.dialects.anthropic.contents import contents
from waystation.dialects.anthropic.event_writer import MessagesWriter
from waystation.dialects.anthropic.foreign import has_foreign, without_foreign
from waystation.dialects.anthropic.reply import MessagesReply
from waystation.dialects.anthropic.reply_writer import write_reply
from waystation.dialects.anthropic.request_reader import read_chat
from waystation.dialects.anthropic.stream import MessagesStream
from waystation.dialects.anthropic.thinking_setting import BUDGET_LEAST
from waystation.dialects.ir import Chat, Effort, Reply
from waystation.dialects.lanes import Bill
from waystation.dialects.loss import Loss
from waystation.dialects.openai_chat.affinity import affinity_of
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.server_tools import asked
from waystation.dialects.suffix_setting import for_messages
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_guess
from waystation.kernel.scalars import coerce_number, count, flag, is_null, kind, required_text
from waystation.kernel.strictjson import Fields, invalid_json, raw_of, read_object, rebuild
from waystation.meter.anthropic import read_told
from waystation.meter.beside import NOTHING, Beside
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally

Headers = Callable[[str], str | None]


class _Budget(msgspec.Struct):
    budget_tokens: int | None = None


_decode_budget = msgspec.json.Decoder(_Budget).decode

TOKENS_MOST = 10_000_000
TOOLS_TEMPLATE_TOKENS = 1024
"""What the vendor's template says of tools on top of the tools themselves: some 350 to 700."""
_NUMBERS = frozenset(("temperature", "top_p", "top_k"))


class MessagesOperation:
    """Implements `Translatable` for Anthropic's messages."""

    __slots__ = (
        "_beside",
        "_body",
        "_fields",
        "_headers",
        "model",
        "needs",
        "output_limit",
        "prompt_tokens",
        "stream",
    )

    name = "messages"
    dialect = "anthropic"
    n = 1
    choices = 1
    expects_output = True
    fans_out = False

    def __init__(self, body: bytes, fields: Fields, headers: Headers) -> None:
        self._beside: Beside | None = None
        self._body = body
        self._fields = fields
        self._headers = headers
        self.model = required_text(fields, "model")
        self.stream = flag(fields, "stream")
        self.output_limit = count(fields, "max_tokens", TOKENS_MOST)
        if self.output_limit is None:
            raise Fault("missing_field", param="max_tokens")
        for name in _NUMBERS.intersection(fields):
            coerce_number(fields, name)
        found = contents(body, fields["messages"], self.model)
        has_tools = _has_tools(fields)
        self.prompt_tokens = found.prompt_tokens + (TOOLS_TEMPLATE_TOKENS if has_tools else 0)
        self.needs = found.needs | {"tools"} if has_tools else found.needs

    @property
    def affinity(self) -> str | None:
        return affinity_of(self._fields, self._headers)

    def prompt_guess(self) -> int:
        """Tokens of the prompt when nobody told them; never above the bound."""
        return min(tokens_guess(self._body), self.prompt_tokens)

    def think(self, effort: Effort, model: str) -> None:
        for_messages(self._fields, effort, model, self.output_limit)

    # ---- the native lane -------------------------------------------------------------------

    def body_for(self, target: Target) -> bytes:
        return edited_body(self._fields, target, self.output_limit)

    def reply_reader(self, target: Target, receipt: Receipt) -> MessagesReply:
        return MessagesReply(self.model, target, receipt, self._tally(target))

    def stream_reader(self, target: Target, receipt: Receipt) -> MessagesStream:
        return MessagesStream(self.model, target, receipt, self._tally(target))

    def beside(self) -> Beside:
        found = self._beside
        if found is None:
            found = self._beside = asked("messages", self._fields)
        return found

    def _tally(self, target: Target) -> Tally:
        tally = Tally(self.limits(target), self.prompt_guess, read_told)
        if self.beside() is not NOTHING:
            tally.asks(self.beside().without(target.strip))
        return tally

    # ---- the translated lane ---------------------------------------------------------------

    def limits(self, target: Target) -> Limits:
        limit = target.output_limit if target.output_limit is not None else self.output_limit
        return Limits(prompt_tokens=self.prompt_tokens, output_tokens=limit)

    def read_chat(self) -> tuple[Chat, tuple[Loss, ...]]:
        return read_chat(self._fields, self.model, self.stream)

    def write_reply(self, reply: Reply, bill: Bill) -> bytes:
        return write_reply(reply, self.model, bill)

    def event_writer(self, bill: Bill, part: Any = None) -> MessagesWriter:
        return MessagesWriter(self.model, bill)


def edited_body(fields: Fields, target: Target, asked: int | None) -> bytes:
    """The caller's slices with the model, the clamp and the channel's overrides written in."""
    edits: dict[str, msgspec.Raw | None] = {"model": raw_of(target.upstream_model)}
    limit = target.output_limit
    if limit is not None and (asked is None or limit < asked):
        edits["max_tokens"] = raw_of(limit)
        if "thinking" in fields:
            edits.update(_clamped_thinking(fields["thinking"], limit))
    messages = fields.get("messages")
    if messages is not None and has_foreign(messages):
        edits["messages"] = without_foreign(messages)
    if target.overrides:
        edits.update(target.overrides)
    return rebuild(fields, edits)


def _clamped_thinking(thinking: msgspec.Raw, limit: int) -> dict[str, msgspec.Raw | None]:
    """A budget of thoughts must stay below the limit: half of it, or none at all."""
    try:
        told = _decode_budget(thinking)
    except msgspec.ValidationError:
        return {}
    if told.budget_tokens is None or told.budget_tokens < limit:
        return {}
    if limit // 2 < BUDGET_LEAST:
        return {"thinking": None}
    return {"thinking": raw_of({"type": "enabled", "budget_tokens": limit // 2})}


def parse(body: bytes, headers: Headers) -> MessagesOperation:
    """A messages request out of its body. Raises Fault: invalid_json, missing_field, invalid_value
    (all 400)."""
    fields = read_object(body)
    if is_null(fields.get("messages")):
        raise Fault("missing_field", param="messages")
    try:
        return MessagesOperation(body, fields, headers)
    except RecursionError:
        raise invalid_json("nested too deeply") from None


def _has_tools(fields: Fields) -> bool:
    tools = fields.get("tools")
    if tools is None or is_null(tools):
        return False
    if kind(tools) != "[":
        raise Fault("invalid_value", param="tools", reason="expected an array of objects")
    return bool(bytes(memoryview(tools)[1:-1][:64]).strip())
