"""How much to think, where the model's name said it: written into the caller's own fields, so that
both lanes see it. What the caller says of it in the body itself wins."""

from typing import Any

import msgspec

from waystation.dialects.anthropic import models
from waystation.dialects.anthropic.thinking_setting import thinking_setting
from waystation.dialects.gemini.thinking import thinking_config
from waystation.dialects.ir import Effort, Thinking
from waystation.dialects.openai_chat.thinking_knobs import says_thinking
from waystation.kernel.scalars import is_null, kind
from waystation.kernel.strictjson import Fields, raw_of, rebuild

_GEMINI_KNOBS = ("thinkingConfig", "thinking_config")
_SAMPLING = ("temperature", "top_p", "top_k")
_NO_CLAUDE: models.Version = (0, 0)
_decode_fields = msgspec.json.Decoder(Fields).decode


def for_chat(fields: Fields, effort: Effort) -> bool:
    """True when it was written."""
    if says_thinking(fields):
        return False
    fields["reasoning_effort"] = raw_of(effort)
    return True


def switched(fields: Fields, effort: Effort, switch: str) -> Fields:
    """The same for an upstream that turns thinking on and off by a field of its own."""
    is_on = effort != "none"
    changed = dict(fields)
    if switch == "thinking":
        changed[switch] = raw_of({"type": "enabled" if is_on else "disabled"})
    else:
        changed[switch] = raw_of(is_on)
    if not is_on or switch != "thinking":
        changed.pop("reasoning_effort", None)
    return changed


def for_responses(fields: Fields, effort: Effort) -> None:
    given = fields.get("reasoning")
    if given is None or is_null(given):
        fields["reasoning"] = raw_of({"effort": effort})
    elif kind(given) == "{":
        inner = _decode_fields(given)
        if "effort" not in inner:
            fields["reasoning"] = msgspec.Raw(rebuild(inner, {"effort": raw_of(effort)}))


def for_messages(fields: Fields, effort: Effort, model: str, limit: int | None) -> None:
    """model: the upstream's, whose version says which words it takes."""
    if "thinking" in fields:
        return
    turns = bytes(fields["messages"])
    version = models.version_of(model)
    if version == _NO_CLAUDE:
        # Others have no budget of their own: the effort is what they, or their dialect, can use.
        if effort == "none":
            fields["thinking"] = raw_of({"type": "disabled"})
        elif "output_config" not in fields:
            fields["output_config"] = raw_of({"effort": effort})
    setting = thinking_setting(
        Thinking(effort=effort),
        version,
        limit,
        is_clamped=False,
        # An answer to a tool must be preceded by the thoughts that led to the call.
        tool_waits=b'"tool_result"' in turns and b'"signature"' not in turns,
        must_call=_must_call(fields),
    )
    for name, value in setting.fields.items():
        if name not in fields:
            fields[name] = raw_of(value)
    if setting.is_on:
        for name in _SAMPLING:
            fields.pop(name, None)


def for_gemini(config: Fields, effort: Effort, model: str) -> bool:
    """config: of the generation. True when something was written."""
    if any(name in config for name in _GEMINI_KNOBS):
        return False
    told: dict[str, Any] | None = thinking_config(Thinking(effort=effort), model)
    if told is None:
        return False
    config["thinkingConfig"] = raw_of(told)
    return True


def _must_call(fields: Fields) -> bool:
    choice = fields.get("tool_choice")
    if choice is None or kind(choice) != "{":
        return False
    told = _decode_fields(choice).get("type")
    return told is not None and bytes(told) in (b'"any"', b'"tool"')
