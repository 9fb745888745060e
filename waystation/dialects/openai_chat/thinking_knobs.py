"""How much to think, by whichever of the names in use a chat body says it.

OpenAI's `reasoning_effort`; Anthropic's `thinking` and OpenRouter's `reasoning`, which callers add
to chat bodies; Qwen's `enable_thinking` with `thinking_budget`, also inside the
`chat_template_kwargs` of open models' servers; and Gemini's `thinking_config` inside `extra_body`,
where Google's chat address has it. The first that is there counts.
"""

from typing import Any, get_args

import msgspec

from waystation.dialects.ir import Effort, Thinking
from waystation.errors import Fault
from waystation.kernel.scalars import is_null
from waystation.kernel.strictjson import Fields

KNOBS = ("reasoning_effort", "reasoning", "thinking", "enable_thinking", "thinking_budget")
HOLDERS = ("extra_body", "chat_template_kwargs", "google")
"""Fields that may hold a knob beside other things."""

_EFFORTS: frozenset[str] = frozenset(get_args(Effort))
_LEFT_OPEN = frozenset(("auto", "default"))
_NOT_A_NUMBER = "expected a whole number of tokens"
_decode = msgspec.json.Decoder().decode


def read_thinking(fields: Fields) -> Thinking | None:
    """None when nothing is said of it. Raises Fault invalid_value."""
    told = {name: _decode(fields[name]) for name in (*KNOBS, *HOLDERS) if name in fields}
    if not told:
        return None
    found = _of(told)
    extra = told.get("extra_body")
    if found is None and isinstance(extra, dict):
        found = _of(extra)
    kwargs = told.get("chat_template_kwargs")
    if found is None and isinstance(kwargs, dict):
        found = _switched(kwargs, kwargs.get("thinking"))
    return found


def says_thinking(fields: Fields) -> bool:
    """Whether the body says anything of it, sense or nonsense."""
    if any(name in fields for name in KNOBS):
        return True
    try:
        return any(name in fields for name in HOLDERS) and read_thinking(fields) is not None
    except (Fault, RecursionError):
        return True


def unread(fields: Fields) -> list[str]:
    """Of the holders, those that say something else too."""
    known = frozenset((*KNOBS, "google"))
    found = []
    for name in HOLDERS:
        if name not in fields or is_null(fields[name]):
            continue
        held = _decode(fields[name])
        if name == "google":
            held = {"google": held}
        inner = held.get("google", {}) if isinstance(held, dict) else None
        is_read = isinstance(inner, dict) and held.keys() <= known
        if not is_read or (inner and inner.keys() != {"thinking_config"}):
            found.append(name)
    return found


def _of(told: dict[str, Any]) -> Thinking | None:
    word = told.get("reasoning_effort")
    if word is not None:
        return Thinking(_effort(word, "reasoning_effort"))
    for name in ("thinking", "reasoning"):
        if told.get(name) is not None:
            return _object(told[name], name)
    google = told.get("google")
    config = google.get("thinking_config") if isinstance(google, dict) else None
    if isinstance(config, dict):
        return _google(config)
    return _switched(told, None)


def _object(told: Any, name: str) -> Thinking:
    if not isinstance(told, dict):
        raise Fault("invalid_value", param=name, reason="of an unknown shape")
    if told.get("type") == "disabled" or told.get("enabled") is False:
        return Thinking("none", shown=False)
    word = told.get("effort")
    effort = None if word is None else _effort(word, name)
    budget = _budget(told.get("budget_tokens"), name) or _budget(told.get("max_tokens"), name)
    return Thinking(effort, budget, False if told.get("exclude") is True else None)


def _google(config: dict[str, Any]) -> Thinking:
    """-1 leaves it to the model, 0 is none at all."""
    budget = config.get("thinking_budget")
    level = str(config.get("thinking_level") or "").lower()
    shown = config.get("include_thoughts")
    if budget == 0:
        return Thinking("none", shown=False)
    return Thinking(
        level if level in _EFFORTS else None,  # type: ignore[arg-type]  # of _EFFORTS
        budget if isinstance(budget, int) and budget > 0 else None,
        shown if isinstance(shown, bool) else None,
    )


def _switched(told: dict[str, Any], switch: Any) -> Thinking | None:
    wanted = told.get("enable_thinking", switch)
    budget = _budget(told.get("thinking_budget"), "thinking_budget")
    if wanted is not None and not isinstance(wanted, bool):
        raise Fault("invalid_value", param="enable_thinking", reason="expected true or false")
    if wanted is False or (wanted is None and budget == 0):
        return Thinking("none", shown=False)
    if wanted is None and budget is None:
        return None
    return Thinking(budget_tokens=budget or None)


def _budget(value: Any, name: str) -> int | None:
    """Of what is negative the model decides."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault("invalid_value", param=name, reason=_NOT_A_NUMBER)
    return value if value >= 0 else None


def _effort(word: Any, param: str) -> Effort | None:
    if isinstance(word, str) and word in _LEFT_OPEN:
        return None
    if not isinstance(word, str) or word not in _EFFORTS:
        reason = f"expected one of {', '.join(get_args(Effort))}"
        raise Fault("invalid_value", param=param, reason=reason)
    return word  # type: ignore[return-value]  # checked above
