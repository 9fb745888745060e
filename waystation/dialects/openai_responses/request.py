"""POST /v1/responses, read.

Everything that money and privacy depend on is checked here, before a hold is taken; all else of
the body passes as it is. `previous` names a stored response, which the edge looks up for this
account only: an upstream account is shared, so no identifier goes there that we did not give out.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from waystation.dialects.ir import Chat, Effort, Reply
from waystation.dialects.lanes import Bill
from waystation.dialects.loss import Loss
from waystation.dialects.openai_responses.chat_reader import read_chat
from waystation.dialects.openai_responses.contents import affinity, contents
from waystation.dialects.openai_responses.event_writer import ResponsesWriter
from waystation.dialects.openai_responses.output import Output, write_reply
from waystation.dialects.openai_responses.replay import without_foreign
from waystation.dialects.openai_responses.reply import ResponsesReply
from waystation.dialects.openai_responses.stream import ResponsesStream
from waystation.dialects.openai_responses.tool_names import ToolNames
from waystation.dialects.openai_responses.usage_object import shown_usage
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.seals import MARK as SEAL_MARK
from waystation.dialects.server_tools import asked
from waystation.dialects.suffix_setting import for_responses
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_bound, tokens_guess
from waystation.kernel.scalars import coerce_number, count, flag, is_null, kind, required_text, text
from waystation.kernel.strictjson import Fields, invalid_json, raw_of, read_object, rebuild
from waystation.meter.beside import NOTHING, Beside
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally

Headers = Callable[[str], str | None]

MARK = SEAL_MARK.encode()
TOKENS_MOST = 10_000_000
TOOLS_TEMPLATE_TOKENS = 512
_NUMBERS = frozenset(("temperature", "top_p", "top_logprobs"))
_SOURCES = ("input", "prompt", "previous_response_id")
_NO_NEEDS: frozenset[str] = frozenset()
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class ResponsesOperation:
    """Implements `Operation`. previous: the id of the response that this one follows. stores: the
    caller wants it kept: at the upstream, or by us where it keeps nothing. told: the response
    that we made ourselves, once it is whole. own_items: this request's, without what is said again
    of `replayed`, the response that it follows."""

    __slots__ = (
        "_beside",
        "_body",
        "_fields",
        "_headers",
        "model",
        "needs",
        "output_limit",
        "own_items",
        "previous",
        "prompt_tokens",
        "replayed",
        "stores",
        "stream",
        "told",
    )

    name = "responses"
    dialect = "openai_responses"
    expects_output = True
    fans_out = False
    n = 1
    choices = 1

    def __init__(self, body: bytes, fields: Fields, headers: Headers) -> None:
        self._beside: Beside | None = None
        self._body = body
        self._fields = fields
        self._headers = headers
        self.model = required_text(fields, "model")
        self.stream = flag(fields, "stream")
        self.output_limit = count(fields, "max_output_tokens", TOKENS_MOST)
        for name in _NUMBERS.intersection(fields):
            coerce_number(fields, name)
        _refuse_what_is_shared(fields)
        self.previous = text(fields, "previous_response_id")
        self.replayed = ""
        self.own_items: list[msgspec.Raw] = []
        self.told: dict[str, Any] | None = None
        self.stores = is_null(fields.get("store")) or flag(fields, "store")
        tools = _tool_needs(fields)
        found = contents(body, fields.get("input"), self.model)
        self.prompt_tokens = found.prompt_tokens + (TOOLS_TEMPLATE_TOKENS if tools else 0)
        self.needs = tools | found.needs if tools or found.needs else _NO_NEEDS

    @property
    def affinity(self) -> str | None:
        return affinity(self._fields, self._headers)

    def follows(self, context_tokens: int) -> None:
        """The upstream remembers so many tokens of what went before."""
        self.prompt_tokens += context_tokens

    def replay(self, items: Sequence[msgspec.Raw]) -> None:
        """Say again what went before: the items stored by us, in front of this request's."""
        own = input_items(self._fields.get("input"))
        self.own_items = own
        self._fields["input"] = raw_of([*items, *own])
        del self._fields["previous_response_id"]
        self.replayed, self.previous = self.previous or "", None
        self.prompt_tokens += sum(tokens_bound(bytes(item)) for item in items)

    def think(self, effort: Effort, model: str) -> None:
        for_responses(self._fields, effort)

    def body_for(self, target: Target) -> bytes:
        edits: dict[str, msgspec.Raw | None] = {"model": raw_of(target.upstream_model)}
        if MARK in self._body or self.replayed:
            edits["input"] = without_foreign(self._fields["input"])
        limit = target.output_limit
        if limit is not None and (self.output_limit is None or limit < self.output_limit):
            edits["max_output_tokens"] = raw_of(limit)
        if target.overrides:
            edits.update(target.overrides)
        return rebuild(self._fields, edits)

    def reply_reader(self, target: Target, receipt: Receipt) -> ResponsesReply:
        return ResponsesReply(self.model, target, receipt, self._tally(target))

    def stream_reader(self, target: Target, receipt: Receipt) -> ResponsesStream:
        return ResponsesStream(self.model, target, receipt, self._tally(target))

    def prompt_guess(self) -> int:
        """Tokens of the prompt when nobody told them; never above the bound."""
        return min(tokens_guess(self._body), self.prompt_tokens)

    def beside(self) -> Beside:
        found = self._beside
        if found is None:
            found = self._beside = asked("responses", self._fields)
        return found

    def _tally(self, target: Target) -> Tally:
        tally = Tally(self.limits(target), self.prompt_guess)
        if self.beside() is not NOTHING:
            tally.asks(self.beside().without(target.strip))
        return tally

    # ---- the translated lane ---------------------------------------------------------------

    def limits(self, target: Target) -> Limits:
        limit = target.output_limit if target.output_limit is not None else self.output_limit
        return Limits(self.prompt_tokens, limit)

    def read_chat(self) -> tuple[Chat, tuple[Loss, ...]]:
        return read_chat(self._fields, self.model, self.stream)

    def write_reply(self, reply: Reply, bill: Bill) -> bytes:
        usage = shown_usage(bill.usage(), None, bill.cost())
        self.told = write_reply(reply.parts, reply.reason, self._output(), usage)
        return _encode(self.told)

    def event_writer(self, bill: Bill, part: Any = None) -> ResponsesWriter:
        return ResponsesWriter(self._output(), bill, self._tell)

    def _tell(self, response: dict[str, Any]) -> None:
        self.told = response

    def _output(self) -> Output:
        if self.stores and not self.own_items:
            self.own_items = input_items(self._fields.get("input"))
        names = ToolNames.of(self._fields.get("tools"))
        fields = self._fields
        if self.replayed:
            fields = {**fields, "previous_response_id": raw_of(self.replayed)}
        return Output(fields, self.model, stores=self.stores, names=names)


def parse(body: bytes, headers: Headers) -> ResponsesOperation:
    """A Responses request out of its body. Raises Fault (400)."""
    fields = read_object(body)
    return parse_fields(body, fields, headers)


def parse_fields(body: bytes, fields: Fields, headers: Headers) -> ResponsesOperation:
    """The same where the top level has been read already."""
    if all(is_null(fields.get(name)) for name in _SOURCES):
        raise Fault("missing_field", param="input")
    given = fields.get("input")
    if given is not None and kind(given) not in '"[n':
        reason = "expected a string or an array of items"
        raise Fault("invalid_value", param="input", reason=reason)
    try:
        return ResponsesOperation(body, fields, headers)
    except RecursionError:
        raise invalid_json("nested too deeply") from None


def input_items(given: msgspec.Raw | None) -> list[msgspec.Raw]:
    """`input` as items."""
    if given is None or is_null(given):
        return []
    if kind(given) == '"':
        return [msgspec.Raw(b'{"role":"user","content":' + bytes(given) + b"}")]
    return _decode_items(given)


def _refuse_what_is_shared(fields: Fields) -> None:
    """What would outlive the request at the upstream, where accounts of ours cannot be told
    apart, or be charged later than we can see."""
    if not is_null(fields.get("conversation")):
        reason = "conversations are not offered; use previous_response_id"
        raise Fault("invalid_value", param="conversation", reason=reason)
    if flag(fields, "background"):
        reason = "background responses are not offered; use stream"
        raise Fault("invalid_value", param="background", reason=reason)


def _tool_needs(fields: Fields) -> frozenset[str]:
    tools = fields.get("tools")
    if tools is None or is_null(tools):
        return _NO_NEEDS
    if kind(tools) != "[":
        raise Fault("invalid_value", param="tools", reason="expected an array of objects")
    if not bytes(memoryview(tools)[1:-1][:64]).strip():
        return _NO_NEEDS
    return frozenset(("tools",))
