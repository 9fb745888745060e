"""What can go wrong, in no dialect yet.

A `Fault` is raised anywhere below the edge and written there in the caller's dialect. Its `code`
is stable and never translated; its text is taken from `TEXTS` in the caller's language, or is the
upstream's own (scrubbed) where the upstream told the reason. `status` is the HTTP status.

TEXTS: code -> (status, English, Chinese). Placeholders are filled from the fault's `values`.
"""

from collections.abc import Mapping
from typing import Any, Literal

Language = Literal["en", "zh"]

TEXTS: Mapping[str, tuple[int, str, str]] = {
    "invalid_json": (
        400,
        "The body is not valid JSON: {reason}",
        "请求体不是有效的 JSON：{reason}",
    ),
    "invalid_request": (400, "{reason}", "{reason}"),
    "invalid_value": (
        400,
        "'{param}' is not acceptable: {reason}",
        "参数 '{param}' 无效：{reason}",
    ),
    "missing_field": (400, "The field '{param}' is required.", "缺少必填字段 '{param}'。"),
    "content_policy_violation": (
        400,
        "The request was refused by a safety system; nothing was charged.",
        "请求被安全系统拒绝，未计费。",
    ),
    "invalid_size": (
        400,
        "The size '{size}' is not offered by {model}; valid: {valid}",
        "{model} 不支持尺寸 '{size}'；可用：{valid}",
    ),
    "image_fetch_failed": (
        400,
        "The file at '{param}' could not be fetched: {reason}",
        "无法获取 '{param}' 指向的文件：{reason}",
    ),
    "invalid_audio": (
        400,
        "'{param}' is not a sound that can be used: {reason}",
        "'{param}' 不是可用的音频：{reason}",
    ),
    "invalid_image": (
        400,
        "'{param}' is not a picture that can be used: {reason}",
        "'{param}' 不是可用的图片：{reason}",
    ),
    "multipart_boundary_missing": (
        400,
        "Content-Type multipart/form-data has no boundary; let the HTTP client set the header.",
        "multipart/form-data 缺少 boundary，请让 HTTP 客户端自动设置该请求头。",
    ),
    "missing_api_key": (
        401,
        "No token was given. Send it as 'Authorization: Bearer sk-…'.",
        "未提供令牌",
    ),
    "empty_api_key": (
        401,
        "The token is empty: is the variable that holds it set?",
        "令牌为空：请检查保存令牌的变量",
    ),
    "invalid_api_key": (401, "The token is not valid.", "无效的令牌"),
    "token_expired": (401, "The token has expired.", "该令牌已过期"),
    "token_disabled": (401, "The token is disabled.", "该令牌状态不可用"),
    "session_required": (401, "Sign in first.", "请先登录。"),
    "invalid_credentials": (
        401,
        "The e-mail address or the password is wrong.",
        "邮箱或密码错误。",
    ),
    "second_factor_required": (
        401,
        "This account asks for a code of its authenticator app too.",
        "该账户还需要输入身份验证器的验证码。",
    ),
    "second_factor_wrong": (
        401,
        "The code is wrong, or was used already.",
        "验证码错误或已被使用。",
    ),
    "insufficient_user_quota": (
        402,
        "The balance does not cover this request: needed ${needed}, available ${available}.",
        "余额不足：需要 ${needed}，可用 ${available}。",
    ),
    "token_quota_exhausted": (
        402,
        "The token's {period} budget is spent.",
        "该令牌额度已用尽",
    ),
    "user_banned": (403, "The account is disabled.", "用户已被封禁"),
    "ip_not_allowed": (
        403,
        "Your address is not in the token's allow-list.",
        "您的 IP 不在令牌允许访问的列表中",
    ),
    "model_not_allowed": (
        403,
        "The token may not use the model {model}.",
        "该令牌无权访问模型 {model}",
    ),
    "group_not_allowed": (
        403,
        "The account may not use the group {group}.",
        "无权使用分组 {group}",
    ),
    "channel_not_allowed": (403, "Only an operator may choose a channel.", "仅管理员可以指定渠道"),
    "operator_only": (403, "This address is for operators.", "仅管理员可以访问该地址"),
    "email_not_confirmed": (
        403,
        "Confirm your e-mail address first: the link is in the letter.",
        "请先通过邮件中的链接确认邮箱。",
    ),
    "step_up_required": (
        403,
        "Prove once more who you are: POST /api/v1/session/proof.",
        "请再次验证身份：POST /api/v1/session/proof。",
    ),
    "csrf_failed": (
        403,
        "The request does not come from this site's own page: {reason}",
        "请求并非来自本站页面：{reason}",
    ),
    "read_only_token": (
        403,
        "This access token may only read.",
        "该访问令牌仅可读取。",
    ),
    "registration_closed": (
        403,
        "Registration is closed; ask the operator for an invitation.",
        "本站未开放注册，请联系管理员获取邀请。",
    ),
    "email_domain_not_allowed": (
        403,
        "Addresses of this mail domain are not accepted.",
        "不接受该邮箱域名。",
    ),
    "captcha_wrong": (
        400,
        "The characters of the picture are wrong, or the picture is too old.",
        "图形验证码错误或已过期。",
    ),
    "link_invalid": (
        400,
        "The link was used already, has expired, or is not whole.",
        "链接已被使用、已过期或不完整。",
    ),
    "invitation_invalid": (
        400,
        "The invitation is used up, has expired, or is another person's.",
        "邀请已用完、已过期或不属于您。",
    ),
    "code_invalid": (
        400,
        "The code is unknown, has expired, or was redeemed already.",
        "兑换码不存在、已过期或已被使用。",
    ),
    "not_found": (404, "There is no such {kind}.", "{kind} 不存在。"),
    "managed_by_file": (
        409,
        "{name} is managed by the configuration file: change it there and apply it.",
        "{name} 由配置文件管理：请在文件中修改并重新应用。",
    ),
    "already_exists": (409, "{name} exists already.", "{name} 已存在。"),
    "conflict": (409, "{reason}", "{reason}"),
    "provider_failed": (
        502,
        "The sign-in provider did not answer as it should: {reason}",
        "登录提供方响应异常：{reason}",
    ),
    "unknown_url": (
        404,
        "Invalid URL ({method} {path}){hint}",
        "Invalid URL ({method} {path}){hint}",
    ),
    "model_not_found": (
        404,
        "The model {model} does not exist{hint}.",
        "模型 {model} 不存在{hint}。",
    ),
    "model_not_available_in_group": (
        404,
        "No channel for the model {model} in the group {group}; available in: {available}",
        "当前分组 {group} 下对于模型 {model} 无可用渠道；可用分组：{available}",
    ),
    "generation_not_found": (
        404,
        "There is no generation {id} of this account.",
        "没有找到记录 {id}",
    ),
    "artefact_not_found": (
        404,
        "There is no such file, or it was deleted, or the link is not whole.",
        "文件不存在、已被删除，或链接不完整。",
    ),
    "task_not_found": (404, "There is no task {id} of this account.", "没有找到任务 {id}"),
    "response_not_found": (
        404,
        "There is no stored response {id} of this account.",
        "没有找到已保存的响应 {id}",
    ),
    "method_not_allowed": (
        405,
        "{method} is not offered here; use {allowed}.",
        "此地址不支持 {method}，请使用 {allowed}。",
    ),
    "body_too_slow": (
        408,
        "The body did not arrive within {seconds} s.",
        "请求体未在 {seconds} 秒内到达。",
    ),
    "idempotency_in_progress": (
        409,
        "A request with this Idempotency-Key is still running: {id}.",
        "相同 Idempotency-Key 的请求仍在进行：{id}。",
    ),
    "idempotency_replayed": (
        409,
        "A request with this Idempotency-Key was already made; see GET /v1/generation?id={id}.",
        "相同 Idempotency-Key 的请求已完成，见 GET /v1/generation?id={id}。",
    ),
    "task_not_cancellable": (
        409,
        "The task {id} can no longer be cancelled: it is {state}.",
        "任务 {id} 已无法取消，当前状态为 {state}。",
    ),
    "request_too_large": (
        413,
        "The body is larger than {limit} bytes (received {received}).",
        "请求体超过 {limit} 字节（收到 {received}）。",
    ),
    "storage_limit_reached": (
        413,
        "The account may store {limit} bytes, and {stored} are taken; delete some files first.",
        "账户最多可保存 {limit} 字节，已使用 {stored} 字节，请先删除部分文件。",
    ),
    "unsupported_media_type": (415, "{reason}", "{reason}"),
    "idempotency_key_reused": (
        422,
        "This Idempotency-Key was used with another body.",
        "该 Idempotency-Key 已用于不同的请求体。",
    ),
    "rate_limit_exceeded": (
        429,
        "Limit reached: {limit}. Try again in {retry_after} s.",
        "已达到限制：{limit}，请在 {retry_after} 秒后重试。",
    ),
    "upstream_saturated": (
        429,
        "All channels for this model are busy.",
        "当前分组上游负载已饱和，请稍后再试",
    ),
    "too_many_attempts": (
        429,
        "Too many sign-in attempts; try again in {retry_after} s.",
        "登录尝试过多，请在 {retry_after} 秒后重试。",
    ),
    "client_closed_request": (499, "The client closed the connection.", "客户端已断开连接"),
    "internal_error": (
        500,
        "Something went wrong here; the incident is recorded.",
        "服务器内部错误，事件已记录。",
    ),
    "bad_upstream_response": (
        502,
        "The upstream's answer could not be used: {reason}",
        "上游响应无法使用：{reason}",
    ),
    "upstream_error": (502, "The upstream failed: {reason}", "上游出错：{reason}"),
    "no_channel_alive": (
        503,
        "All channels of the model {model} are down at the moment.",
        "模型 {model} 的所有渠道暂不可用，请稍后重试。",
    ),
    "price_not_configured": (
        503,
        "No price is configured for the model {model}.",
        "模型 {model} 尚未配置价格。",
    ),
    "upstream_account_unavailable": (
        503,
        "The upstream refuses our account at the moment: {reason}",
        "上游暂时拒绝了本站账户：{reason}",
    ),
    "temporarily_unavailable": (
        503,
        "Not available at the moment; try again.",
        "服务暂时不可用，请稍后重试。",
    ),
    "overloaded": (503, "Too many requests at once; try again.", "服务繁忙，请稍后重试。"),
    "draining": (503, "This server is shutting down; try again.", "服务正在重启，请稍后重试。"),
    "upstream_timeout": (504, "The upstream did not answer in time.", "上游响应超时。"),
}


class Fault(Exception):
    """A refusal or failure on its way to the caller.

    code: a key of TEXTS. status: replaces the table's (an upstream's own 4xx). message: replaces
    the table's text (already scrubbed). param: the request field at fault. retry_after: whole
    seconds. extra: further fields for the error object (`available_groups`). values: placeholders.
    """

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        message: str | None = None,
        param: str | None = None,
        retry_after: int | None = None,
        extra: Mapping[str, Any] | None = None,
        **values: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = TEXTS[code][0] if status is None else status
        self.message = message
        self.param = param
        self.retry_after = retry_after
        self.extra = extra or {}
        self.values = values

    def text(self, language: Language = "en") -> str:
        """The reason in words, in the caller's language."""
        if self.message is not None:
            return self.message
        _, english, chinese = TEXTS[self.code]
        template = chinese if language == "zh" else english
        return template.format_map(
            _Values(self.values, param=self.param, retry_after=self.retry_after)
        )

    def __repr__(self) -> str:
        return f"Fault({self.code!r}, status={self.status})"


class _Values(dict[str, object]):
    """Placeholders; one that nobody filled shows as empty, never as a KeyError."""

    def __missing__(self, key: str) -> str:
        return ""
