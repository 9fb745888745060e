"""The IR's chat as a messages request."""

from typing import Any

import msgspec

from waystation.dialects.anthropic import models
from waystation.dialects.anthropic.request_turns import system_blocks, turns_of
from waystation.dialects.anthropic.seals import DIALECT
from waystation.dialects.anthropic.thinking_setting import ThinkingSetting, thinking_setting
from waystation.dialects.ir import Chat, Opaque, Tool
from waystation.dialects.lanes import Written
from waystation.dialects.loss import Loss, unsaid
from waystation.dialects.operation import Target
from waystation.dialects.short_ids import opaque_user

_encode = msgspec.json.Encoder().encode

ANSWER_TOOL = "structured_answer"
_ANSWER_TEXT = "Gives the answer. Call this once, with the whole answer as its arguments."
_JSON_TEXT = "Answer with a single JSON object and nothing else: no prose, no code fence."
_SAME_IN_ANTHROPIC = frozenset(
    ("service_tier", "container", "mcp_servers", "context_management", "inference_geo", "speed")
)


def write_request(chat: Chat, target: Target) -> Written:
    """Raises Fault (400) for content that cannot be expressed."""
    writer = _Writer(chat, target)
    body = writer.body()
    return Written(body, tuple(writer.losses), writer.answer_tool)


class _Writer:
    """One request. answer_tool: named when the structured answer is a forced call."""

    def __init__(self, chat: Chat, target: Target) -> None:
        self.chat = chat
        self.target = target
        self.version = models.version_of(target.upstream_model)
        self.losses: list[Loss] = []
        self.answer_tool = ""

    def body(self) -> bytes:
        chat, target = self.chat, self.target
        fields: dict[str, Any] = {"model": target.upstream_model}
        system, messages = system_blocks(chat), turns_of(chat)
        if chat.output.kind == "json":
            system.append({"type": "text", "text": _JSON_TEXT})
        if not messages:  # instructions alone: they are what is asked
            messages = [{"role": "user", "content": system or [{"type": "text", "text": "."}]}]
            system = []
        elif messages[0]["role"] != "user":
            messages.insert(0, {"role": "user", "content": [{"type": "text", "text": "."}]})
        if system:
            fields["system"] = system
        fields["messages"] = messages
        setting = self._thinking(messages)
        fields["max_tokens"] = setting.max_tokens
        fields.update(setting.fields)
        self._write_tools(fields)
        self._write_output(fields, setting)
        self._write_sampling(fields, setting)
        if chat.stream:
            fields["stream"] = True
        if chat.user:
            fields["metadata"] = {"user_id": opaque_user(chat.user)}
        self._write_extras(fields)
        fields.update(target.overrides)
        return _encode(fields)

    def _thinking(self, messages: list[dict[str, Any]]) -> ThinkingSetting:
        chat, target = self.chat, self.target
        limit = chat.sampling.output_tokens
        if target.output_limit is not None:
            limit = target.output_limit if limit is None else min(limit, target.output_limit)
        setting = thinking_setting(
            chat.thinking,
            self.version,
            limit,
            is_clamped=target.output_limit is not None,
            tool_waits=_tool_waits_bare(messages),
            must_call=self._must_call(),
        )
        self.losses += [Loss("reasoning_effort", reason) for reason in setting.refusals]
        return setting

    def _must_call(self) -> bool:
        """A tool is forced, which forbids a budget of thoughts."""
        choice = self.chat.tool_choice
        if choice is not None and choice.mode in ("any", "tool") and self.chat.tools:
            return True
        is_schema = self.chat.output.kind == "schema"
        return is_schema and not models.takes_formats(self.version)

    def _write_tools(self, fields: dict[str, Any]) -> None:
        tools: list[Any] = []
        for at, tool in enumerate(self.chat.tools):
            if isinstance(tool, Tool):
                tools.append(_tool(tool))
                if tool.strict:
                    self.losses.append(Loss(f"tools[{at}].strict"))
            elif tool.dialect == DIALECT:
                tools.append(tool.value)
            else:
                self.losses.append(Loss(_path(tool, f"tools[{at}]"), "a hosted tool"))
        choice = self.chat.tool_choice
        if tools:
            fields["tools"] = tools
            if choice is not None:
                written: dict[str, Any] = {"type": choice.mode}
                if choice.mode == "tool":
                    written["name"] = choice.name
                if choice.parallel is False and choice.mode != "none":
                    written["disable_parallel_tool_use"] = True
                fields["tool_choice"] = written

    def _write_output(self, fields: dict[str, Any], setting: ThinkingSetting) -> None:
        """A schema as the vendor's own format where a forced call is out of the question (thoughts,
        other tools, models that always think) and the model has it; else as a forced tool."""
        output = self.chat.output
        if output.kind != "schema":
            return
        is_free = not (setting.is_on or "tools" in fields)
        if models.takes_formats(self.version) and (
            not is_free or models.takes_adaptive_only(self.version)
        ):
            config = fields.setdefault("output_config", {})
            config["format"] = {"type": "json_schema", "schema": output.schema}
            return
        self.answer_tool = _free_name({tool.name for tool in self.chat.tools if type(tool) is Tool})
        description = output.description or _ANSWER_TEXT
        tool = {"name": self.answer_tool, "description": description}
        answer = {**tool, "input_schema": _object_schema(output.schema)}
        others = fields.get("tools", [])
        fields["tools"] = [*others, answer]
        choice = {"type": "any"} if others else {"type": "tool", "name": self.answer_tool}
        fields["tool_choice"] = {**choice, "disable_parallel_tool_use": True}

    def _write_sampling(self, fields: dict[str, Any], setting: ThinkingSetting) -> None:
        sampling = self.chat.sampling
        asked = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        if models.takes_adaptive_only(self.version) or setting.is_on:
            self.losses += [Loss(name) for name in given]
            given = {}
        takes_one = models.takes_one_sampling_setting(self.version)
        if takes_one and "top_p" in given and "temperature" in given:
            self.losses.append(Loss("top_p"))
            del given["top_p"]
        if "temperature" in given:
            given["temperature"] = min(given["temperature"], 1.0)
        fields.update(given)
        stops = [stop for stop in sampling.stop if stop.strip()]
        if stops:
            fields["stop_sequences"] = stops
        if len(stops) < len(sampling.stop):
            self.losses.append(Loss("stop", "blank"))
        for name in ("seed", "presence_penalty", "frequency_penalty"):
            if getattr(sampling, name) is not None:
                self.losses.append(Loss(name))

    def _write_extras(self, fields: dict[str, Any]) -> None:
        extras = self.chat.extras
        said = _SAME_IN_ANTHROPIC if self.chat.dialect == DIALECT else frozenset[str]()
        for name in said.intersection(extras):
            fields[name] = extras[name]
        self.losses += unsaid(extras, said)


def _tool(tool: Tool) -> dict[str, Any]:
    written: dict[str, Any] = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    written["input_schema"] = _object_schema(tool.schema)
    if tool.cache is not None:
        written["cache_control"] = tool.cache
    return written


def _object_schema(schema: msgspec.Raw) -> Any:
    """The schema, of an object as Anthropic wants it."""
    fields = msgspec.json.decode(schema)
    if not isinstance(fields, dict):
        return {"type": "object", "properties": {}}
    if fields.get("type") == "object":
        return schema
    if "type" not in fields and not {"anyOf", "oneOf", "allOf"} & fields.keys():
        return {"type": "object", **fields}
    return schema


def _free_name(taken: set[str]) -> str:
    name = ANSWER_TOOL
    while name in taken:
        name += "_"
    return name


def _path(tool: Opaque, path: str) -> str:
    return tool.path or path


def _tool_waits_bare(messages: list[dict[str, Any]]) -> bool:
    """The last assistant turn called tools without its thoughts at hand: with a budget of thoughts
    the vendor refuses to go on from there."""
    for turn in reversed(messages):
        if turn["role"] == "assistant":
            kinds = [block.get("type") for block in turn["content"] if isinstance(block, dict)]
            has_thoughts = len(kinds) < len(turn["content"]) or "thinking" in kinds
            return "tool_use" in kinds and not has_thoughts
    return False
