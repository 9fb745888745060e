"""The function calls of 2023, told as tools: upstreams have long dropped the old form.

`functions` and `function_call` become `tools` and `tool_choice`, function turns become tool turns;
in the answer the caller gets its `function_call` back.
"""

import msgspec

from waystation.errors import Fault
from waystation.kernel.scalars import is_null, kind
from waystation.kernel.strictjson import Fields, raw_of

_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


def convert_functions(fields: Fields) -> bool:
    """Rewrites the fields in place. True when the caller speaks the old form, and its answer must
    too: it sent functions and no tools."""
    functions = fields.pop("functions", None)
    choice = fields.pop("function_call", None)
    if functions is None or is_null(functions):
        return False
    if kind(functions) != "[":
        raise Fault("invalid_value", param="functions", reason="expected an array of objects")
    declared = [_as_tool(function) for function in _decode_list(functions)]
    tools = fields.get("tools")
    has_tools = tools is not None and kind(tools) == "[" and len(_decode_list(tools)) > 0
    if not declared:
        return False
    if tools is not None and has_tools:
        declared = [*_decode_list(tools), *declared]
    fields["tools"] = raw_of(declared)
    if choice is not None and not is_null(choice):
        fields.setdefault("tool_choice", _as_tool_choice(choice))
    return not has_tools


def convert_turns(messages: msgspec.Raw) -> msgspec.Raw:
    """Function turns and assistant `function_call`s as tool turns and `tool_calls`."""
    turns = _decode_objects(messages)
    last_id = "call_legacy_0"
    for position, turn in enumerate(turns):
        call = turn.get("function_call")
        if call is not None and not is_null(call):
            last_id = f"call_legacy_{position}"
            tool_call = {"id": last_id, "type": "function", "function": call}
            turn["tool_calls"] = raw_of([tool_call])
        turn.pop("function_call", None)
        role = turn.get("role")
        if role is not None and bytes(role) == b'"function"':
            turn["role"] = msgspec.Raw(b'"tool"')
            turn["tool_call_id"] = raw_of(last_id)
            turn.pop("name", None)
    return raw_of(turns)


def reply_as_function_call(message: dict[str, msgspec.Raw]) -> bool:
    """An assistant message (or delta) with `tool_calls` in the old form, in place: the first call
    as `function_call`. True when it had one."""
    calls = message.get("tool_calls")
    if calls is None or is_null(calls):
        return False
    found = _decode_objects(calls)
    del message["tool_calls"]
    if not found or "function" not in found[0]:
        return False
    message["function_call"] = found[0]["function"]
    return True


def _as_tool(function: msgspec.Raw) -> msgspec.Raw:
    if kind(function) != "{":
        raise Fault("invalid_value", param="functions", reason="expected an array of objects")
    return msgspec.Raw(b'{"type":"function","function":' + bytes(function) + b"}")


def _as_tool_choice(choice: msgspec.Raw) -> msgspec.Raw:
    if kind(choice) == '"':
        return choice
    return msgspec.Raw(b'{"type":"function","function":' + bytes(choice) + b"}")
