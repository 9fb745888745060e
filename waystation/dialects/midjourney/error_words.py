"""A fault in the words of this family: its code, and the description that its clients match."""

from collections.abc import Mapping

from waystation.dialects.midjourney.outcome import INVALID, RATE_LIMITED
from waystation.errors import Fault

_BUSY = "当前分组负载已饱和，请稍后再试，或升级账户以提升服务质量。"

_DESCRIPTIONS: Mapping[str, str] = {
    "invalid_json": "bind_request_body_failed",
    "task_not_found": "task_no_found",
    "missing_api_key": "未提供令牌",
    "empty_api_key": "未提供令牌",
    "invalid_api_key": "无效的令牌",
    "insufficient_user_quota": "quota_not_enough",
    "token_quota_exhausted": "quota_not_enough",
    "model_not_found": "model_not_available_in_group",
    "model_not_available_in_group": "model_not_available_in_group",
    "request_too_large": "request_too_large",
    "rate_limit_exceeded": _BUSY,
    "upstream_saturated": _BUSY,
    "no_channel_alive": "no_channel_alive",
    "price_not_configured": "price_not_configured",
    "upstream_account_unavailable": "upstream_account_unavailable",
}


def words_of_fault(fault: Fault, text: str) -> tuple[int, str]:
    """(code, description). text: the fault's own, where this family has no word for it."""
    code = RATE_LIMITED if fault.status == 429 else INVALID
    described = fault.extra.get("mj_description") or _DESCRIPTIONS.get(fault.code, text)
    return code, str(described)
