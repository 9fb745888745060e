"""POST …/models/{model}:generateContent and :streamGenerateContent, read.

Everything that money and privacy depend on is checked here, before a hold is taken; all else of
the body passes as it is. Both spellings (maxOutputTokens, max_output_tokens) are understood.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from waystation.dialects.gemini.answer_writer import GeminiWriter, write_reply
from waystation.dialects.gemini.chat_reader import read_chat
from waystation.dialects.gemini.contents import affinity, contents
from waystation.dialects.gemini.foreign import SEAL_MARK, without_foreign
from waystation.dialects.gemini.reply import GeminiReply
from waystation.dialects.gemini.stream import GeminiStream
from waystation.dialects.ir import Chat, Effort, Reply
from waystation.dialects.lanes import Bill
from waystation.dialects.loss import Loss
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.server_tools import asked
from waystation.dialects.suffix_setting import for_gemini
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_guess
from waystation.kernel.scalars import count, is_null, kind
from waystation.kernel.strictjson import Fields, invalid_json, raw_of, read_object, rebuild
from waystation.meter.beside import NOTHING, Beside
from waystation.meter.gemini import read_told
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally

Headers = Callable[[str], str | None]

TOKENS_MOST = 10_000_000
TOOLS_TEMPLATE_TOKENS = 512
_NO_NEEDS: frozenset[str] = frozenset()
_decode_fields = msgspec.json.Decoder(Fields).decode


class GeminiOperation:
    """Implements `Operation`. as_array: a stream is given as one JSON array, piece by piece."""

    __slots__ = (
        "_as_array",
        "_beside",
        "_body",
        "_config",
        "_config_name",
        "_fields",
        "choices",
        "model",
        "n",
        "needs",
        "output_limit",
        "prompt_tokens",
        "stream",
    )

    name = "generate"
    dialect = "gemini"
    expects_output = True
    fans_out = False

    def __init__(
        self,
        body: bytes,
        fields: Fields,
        model: str,
        *,
        stream: bool,
        as_array: bool,
        choices_max: int,
    ) -> None:
        self._beside: Beside | None = None
        self._body = body
        self._fields = fields
        self._as_array = as_array
        self.model = model
        self.stream = stream
        name = self._config_name = spelled(fields, "generationConfig", "generation_config")
        config = self._config = _config_of(fields, name)
        self.output_limit = count(
            config, spelled(config, "maxOutputTokens", "max_output_tokens"), TOKENS_MOST
        )
        many = spelled(config, "candidateCount", "candidate_count")
        self.n = self.choices = count(config, many, choices_max) or 1
        _refuse_what_is_shared(fields)
        tools = _tool_needs(fields)
        found = contents(body, fields["contents"], model)
        self.prompt_tokens = found.prompt_tokens + (TOOLS_TEMPLATE_TOKENS if tools else 0)
        self.needs = tools | found.needs if tools or found.needs else _NO_NEEDS

    @property
    def affinity(self) -> str | None:
        return affinity(self.model, self._fields)

    def think(self, effort: Effort, model: str) -> None:
        if for_gemini(self._config, effort, model):
            self._fields[self._config_name] = msgspec.Raw(rebuild(self._config))

    def body_for(self, target: Target) -> bytes:
        limit = target.output_limit
        must_limit = limit is not None and (self.output_limit is None or limit < self.output_limit)
        edits: dict[str, msgspec.Raw | None] = {}
        if must_limit:
            name = spelled(self._config, "maxOutputTokens", "max_output_tokens")
            config = rebuild(self._config, {name: raw_of(limit)})
            edits[self._config_name] = msgspec.Raw(config)
        if SEAL_MARK in self._body:
            edits["contents"] = without_foreign(self._fields["contents"])
        if "model" in self._fields:
            edits["model"] = None  # the address says it, and nothing beside it may
        if target.overrides:
            edits.update(target.overrides)
        return rebuild(self._fields, edits)

    def reply_reader(self, target: Target, receipt: Receipt) -> GeminiReply:
        return GeminiReply(self.model, target, self._tally(target))

    def stream_reader(self, target: Target, receipt: Receipt) -> GeminiStream:
        return GeminiStream(self.model, target, self._tally(target), self._as_array)

    def prompt_guess(self) -> int:
        """Tokens of the prompt when nobody told them; never above the bound."""
        return min(tokens_guess(self._body), self.prompt_tokens)

    def beside(self) -> Beside:
        found = self._beside
        if found is None:
            found = self._beside = asked("generate", self._fields)
        return found

    def _tally(self, target: Target) -> Tally:
        tally = Tally(self.limits(target), self.prompt_guess, read_told)
        if self.beside() is not NOTHING:
            tally.asks(self.beside().without(target.strip))
        return tally

    # ---- the translated lane ---------------------------------------------------------------

    def limits(self, target: Target) -> Limits:
        limit = target.output_limit if target.output_limit is not None else self.output_limit
        return Limits(self.prompt_tokens, limit, self.n)

    def read_chat(self) -> tuple[Chat, tuple[Loss, ...]]:
        return read_chat(self._fields, self.model, self.stream)

    def write_reply(self, reply: Reply, bill: Bill) -> bytes:
        return write_reply(reply, self.model, bill)

    def event_writer(self, bill: Bill, part: Any = None) -> GeminiWriter:
        return GeminiWriter(self.model, bill, self._as_array)


def parse(
    body: bytes,
    headers: Headers,
    *,
    model: str,
    stream: bool = False,
    as_array: bool = False,
    choices_max: int = 16,
) -> GeminiOperation:
    """A request out of its body. model: from the address. Raises Fault (400)."""
    fields = read_object(body)
    if is_null(fields.get("contents")):
        raise Fault("missing_field", param="contents")
    try:
        return GeminiOperation(
            body, fields, model, stream=stream, as_array=as_array, choices_max=choices_max
        )
    except RecursionError:
        raise invalid_json("nested too deeply") from None


def spelled(fields: Fields, camel: str, snake: str) -> str:
    """The name that the caller used; camelCase where it used none."""
    return snake if snake in fields and camel not in fields else camel


def _config_of(fields: Fields, name: str) -> Fields:
    config = fields.get(name)
    if config is None or is_null(config):
        return {}
    if kind(config) != "{":
        raise Fault("invalid_value", param=name, reason="expected an object")
    return _decode_fields(config)


def _refuse_what_is_shared(fields: Fields) -> None:
    """Caches belong to the upstream's account, where accounts of ours cannot be told apart."""
    for name in ("cachedContent", "cached_content"):
        if not is_null(fields.get(name)):
            raise Fault("invalid_value", param=name, reason="explicit caches are not offered")


def _tool_needs(fields: Fields) -> frozenset[str]:
    tools = fields.get("tools")
    if tools is None or is_null(tools):
        return _NO_NEEDS
    if kind(tools) not in "[{":
        raise Fault("invalid_value", param="tools", reason="expected an array of objects")
    if not bytes(memoryview(tools)[1:-1][:64]).strip():
        return _NO_NEEDS
    return frozenset(("tools",))
