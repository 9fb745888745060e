"""A fault's code as clients of the task pages know it."""

from collections.abc import Mapping

from waystation.errors import Fault

_CODES: Mapping[str, str] = {
    "invalid_json": "invalid_request",
    "invalid_value": "invalid_request",
    "missing_field": "invalid_request",
    "task_not_found": "task_not_exist",
    "model_not_found": "provider_not_found",
    "model_not_available_in_group": "provider_not_found",
}


def code_of_fault(fault: Fault) -> str:
    told = fault.extra.get("suno_code")
    return str(told) if told else _CODES.get(fault.code, fault.code)
