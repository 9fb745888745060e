"""Calls of this family of relays about an account and its tokens (relay-api 18.2)."""

from typing import Any

from waystation.control.openapi.endpoint import Body, Endpoint, Example, Parameter, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    integer,
    number,
    one_of,
    record,
    ref,
    string,
)

_SERVER = ("temporarily_unavailable", "internal_error", "method_not_allowed")
_CODES = ("session_required", *_SERVER)
_WRITES = (
    "invalid_json",
    "invalid_request",
    "invalid_value",
    "already_exists",
    "managed_by_file",
    "group_not_allowed",
    "conflict",
    "read_only_token",
    "csrf_failed",
    "request_too_large",
)
_SECURITY = ("accessToken", "session")

_FIELDS: dict[str, Schema] = {
    "name": string("At most 30 characters.", "最多 30 个字符。"),
    "status": integer("1 on, 2 off, 3 expired, 4 spent.", "1 启用，2 停用，3 过期，4 用尽。"),
    "remain_quota": integer("In units of 1/500,000 USD.", "单位 1/500000 美元。"),
    "unlimited_quota": boolean("No budget of its own.", "令牌无独立限额。"),
    "expired_time": integer("Unix seconds; -1: never.", "Unix 秒，-1 为永久。"),
    "model_limits_enabled": boolean(),
    "model_limits": string("Names and patterns, comma-separated.", "模型名，以逗号分隔。"),
    "allow_ips": string("Addresses and networks, a line each.", "IP 或网段，每行一个。"),
    "group": string("Groups in order, comma-separated.", "按序的分组，以逗号分隔。"),
    "selected_groups": array(string(), "The same as a list; wins.", "同上（列表形式，优先）。"),
}

SCHEMAS: dict[str, Schema] = {
    "FamilyTokenBody": record({"id": integer(), **_FIELDS}, []),
    "FamilyToken": record(
        {
            "id": integer(),
            "user_id": integer(),
            "key": string("Masked.", "已打码。"),
            "used_quota": integer(),
            "created_time": integer(),
            "accessed_time": integer(),
            **_FIELDS,
        },
        ["id", "name", "key", "status", "remain_quota", "used_quota", "unlimited_quota", "group"],
    ),
    "FamilyAccount": record(
        {
            "id": integer(),
            "username": string(),
            "display_name": string(),
            "email": string(),
            "role": integer("1 user, 100 operator.", "1 用户，100 管理员。"),
            "status": integer(),
            "group": string(),
            "quota": integer("Available, in units of 1/500,000 USD.", "可用额度。"),
            "used_quota": integer(),
            "request_count": integer("Of the last 31 days.", "近 31 天的请求数。"),
        },
        ["id", "username", "group", "quota", "used_quota", "request_count"],
    ),
}

_TOKEN: dict[str, Any] = {
    "id": 7,
    "user_id": 1,
    "name": "ci-runner",
    "key": "sk-wsAb12Cd34…x9",
    "status": 1,
    "remain_quota": 2_500_000,
    "used_quota": 0,
    "unlimited_quota": False,
    "expired_time": -1,
    "created_time": 1767225600,
    "accessed_time": 1767225600,
    "model_limits_enabled": True,
    "model_limits": "gpt-4o,gpt-4-gizmo-*",
    "allow_ips": "",
    "group": "default,official",
    "selected_groups": ["default", "official"],
}
_BODY = {name: _TOKEN[name] for name in ("name", "remain_quota", "unlimited_quota", "group")}
_ACCOUNT = {
    "id": 1,
    "username": "ada@example.com",
    "display_name": "Ada",
    "email": "ada@example.com",
    "role": 1,
    "status": 1,
    "group": "default",
    "quota": 2_500_000,
    "used_quota": 40_000,
    "request_count": 12,
}
_PAGE = record(
    {
        "items": array(ref("FamilyToken")),
        "total": integer(),
        "page": integer(),
        "page_size": integer(),
    },
    ["items", "total", "page", "page_size"],
)


def _reply(data: Schema, *examples: Example) -> tuple[Reply, ...]:
    schema = record(
        {"success": boolean(const=True), "message": string(), "data": data},
        ["success", "message", "data"],
    )
    whole = tuple(
        Example(each.name, {"success": True, "message": "", "data": each.value})
        for each in examples
    )
    return (Reply(200, "Done.", "成功。", {"application/json": (schema, whole)}),)


def _query(name: str, en: str, zh: str, example: Any) -> Parameter:
    return Parameter(name, "query", string(en, zh), example=str(example))


_TOKEN_ID = Parameter("token", "path", integer("Its id.", "令牌 ID。"), required=True, example=7)
_TAG = "Management"
_ANYTHING: Schema = {"type": "object", "additionalProperties": True}

ENDPOINTS = (
    Endpoint(
        id="familyListTokens",
        method="get",
        path="/api/token/",
        aliases=("/api/token",),
        tag=_TAG,
        summary="List tokens",
        summary_zh="令牌列表",
        description="`p` from 0 with `size` gives a bare array; `page_size` an object.",
        description_zh="`p`（从 0 开始）与 `size` 返回数组；`page_size` 返回对象。",
        parameters=(
            _query("p", "The page.", "页码。", 0),
            _query("size", "Rows a page.", "每页条数。", 10),
            _query("page_size", "Rows a page, from page 1 on.", "每页条数，页码从 1 开始。", 10),
        ),
        replies=_reply(
            one_of([array(ref("FamilyToken")), _PAGE]),
            Example("array", [_TOKEN]),
            Example("page", {"items": [_TOKEN], "total": 1, "page": 1, "page_size": 10}),
        ),
        codes=_CODES,
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familyCreateToken",
        method="post",
        path="/api/token/",
        aliases=("/api/token",),
        tag=_TAG,
        summary="Make a token; its key is told this once",
        summary_zh="新建令牌（密钥仅返回一次）",
        body=Body(ref("FamilyTokenBody"), (Example("plain", _BODY),)),
        replies=_reply(
            record({"id": integer(), "key": string()}, ["id", "key"]),
            Example("plain", {"id": 7, "key": "sk-ws…"}),
        ),
        codes=(*_WRITES, *_CODES),
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familyUpdateToken",
        method="put",
        path="/api/token/",
        aliases=("/api/token",),
        tag=_TAG,
        summary="Change a token",
        summary_zh="修改令牌",
        parameters=(
            _query("status_only", "true: the status alone.", "true：仅修改状态。", "true"),
        ),
        body=Body(ref("FamilyTokenBody"), (Example("plain", {"id": 7, **_BODY}),)),
        replies=_reply(ref("FamilyToken"), Example("plain", _TOKEN)),
        codes=(*_WRITES, "not_found", *_CODES),
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familySearchTokens",
        method="get",
        path="/api/token/search",
        aliases=("/api/token/search/",),
        tag=_TAG,
        summary="Search tokens",
        summary_zh="搜索令牌",
        parameters=(
            _query("keyword", "In the name.", "名称关键字。", "ci"),
            _query("token", "A whole key.", "完整密钥。", "sk-…"),
        ),
        replies=_reply(array(ref("FamilyToken")), Example("plain", [_TOKEN])),
        codes=_CODES,
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familyGetToken",
        method="get",
        path="/api/token/{token}",
        aliases=("/api/token/{token}/",),
        tag=_TAG,
        summary="One token",
        summary_zh="令牌详情",
        parameters=(_TOKEN_ID,),
        replies=_reply(ref("FamilyToken"), Example("plain", _TOKEN)),
        codes=("not_found", *_CODES),
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familyDeleteToken",
        method="delete",
        path="/api/token/{token}",
        aliases=("/api/token/{token}/",),
        tag=_TAG,
        summary="Delete a token",
        summary_zh="删除令牌",
        parameters=(_TOKEN_ID,),
        replies=_reply({"type": "null"}, Example("plain", None)),
        codes=("not_found", "managed_by_file", "read_only_token", "csrf_failed", *_CODES),
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familyGetAccount",
        method="get",
        path="/api/user/self",
        aliases=("/api/user/self/",),
        tag=_TAG,
        summary="The account and what it has left",
        summary_zh="账户与余额",
        replies=_reply(ref("FamilyAccount"), Example("plain", _ACCOUNT)),
        codes=_CODES,
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familyListGroups",
        method="get",
        path="/api/user/self/groups",
        aliases=("/api/user/self/groups/",),
        tag=_TAG,
        summary="Groups that the account may choose",
        summary_zh="可选分组",
        replies=_reply(
            {
                "type": "object",
                "additionalProperties": record(
                    {"ratio": number(), "desc": string()}, ["ratio", "desc"]
                ),
            },
            Example("plain", {"default": {"ratio": 1.0, "desc": "Default"}}),
        ),
        codes=_CODES,
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familyListModels",
        method="get",
        path="/api/user/models",
        aliases=("/api/user/models/",),
        tag=_TAG,
        summary="Models in those groups",
        summary_zh="可用模型",
        replies=_reply(array(string()), Example("plain", ["gpt-4o"])),
        codes=_CODES,
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familyListLog",
        method="get",
        path="/api/log/self",
        aliases=("/api/log/self/",),
        tag=_TAG,
        summary="The account's latest requests",
        summary_zh="账户最近的请求",
        parameters=(_query("page_size", "At most 100.", "最多 100。", 50),),
        replies=_reply(array(ref("TokenLogLine")), Example("plain", [])),
        codes=_CODES,
        shape="family",
        security=_SECURITY,
    ),
    Endpoint(
        id="familyGetRatios",
        method="get",
        path="/api/ratio_config",
        aliases=("/api/ratio_config/",),
        tag=_TAG,
        summary="Prices as the family's ratios",
        summary_zh="以倍率表示的价格",
        replies=_reply(
            _ANYTHING,
            Example("plain", {"model_ratio": {"gpt-4o": 1.25}, "completion_ratio": {"gpt-4o": 4}}),
        ),
        codes=_CODES,
        shape="family",
        security=(),
    ),
)
