"""For load balancers and monitoring."""

from waystation.control.openapi.endpoint import Endpoint, Example, Reply
from waystation.control.openapi.fields import Schema, boolean, const, record, ref, string

SCHEMAS: dict[str, Schema] = {
    "Liveness": record({"status": const("ok")}, ["status"]),
    "Readiness": record(
        {
            "status": string(enum=["ready", "not ready"]),
            "draining": boolean("A shutdown was announced.", "已宣布关闭。"),
            "ledger": boolean("The ledger answers.", "账本可用。"),
            "configuration": boolean("The configuration is loaded.", "配置已加载。"),
            "control": boolean("The control process was there once.", "控制进程已就绪过。"),
        },
        ["status"],
    ),
}

_STATES = {"ledger": True, "configuration": True, "control": True}
_READY = {"status": "ready", "draining": False} | _STATES
_LEAVING = {"status": "not ready", "draining": True} | _STATES


def _json(name: str, value: object) -> dict[str, tuple[Schema, tuple[Example, ...]]]:
    return {"application/json": (ref(name), (Example("plain", value),))}


ENDPOINTS = (
    Endpoint(
        id="livez",
        method="get",
        path="/livez",
        tag="Health",
        summary="The process lives",
        summary_zh="进程存活",
        security=(),
        replies=(Reply(200, "It does.", "存活。", _json("Liveness", {"status": "ok"})),),
    ),
    Endpoint(
        id="readyz",
        method="get",
        path="/readyz",
        tag="Health",
        summary="Requests are taken",
        summary_zh="可接收请求",
        description="503 while starting, without a ledger, and from the notice of a shutdown on.",
        description_zh="启动中、账本不可用以及开始关闭之后返回 503。",
        security=(),
        replies=(
            Reply(200, "They are.", "可用。", _json("Readiness", _READY)),
            Reply(503, "They are not.", "不可用。", _json("Readiness", _LEAVING)),
        ),
    ),
    Endpoint(
        id="getMetrics",
        method="get",
        path="/metrics",
        tag="Health",
        summary="Metrics for Prometheus",
        summary_zh="Prometheus 指标",
        description=(
            "For operators: Bearer WAYSTATION_METRICS_TOKEN, a session, or Basic with e-mail and "
            "password."
        ),
        description_zh=(
            "仅管理员：Bearer WAYSTATION_METRICS_TOKEN、会话令牌，或邮箱与密码的 Basic 认证。"
        ),
        security=("session", "basic"),
        replies=(
            Reply(
                200,
                "The exposition format.",
                "Prometheus 文本格式。",
                {
                    "text/plain": (
                        string(),
                        (Example("one", "waystation_streams_open 3.0\n"),),
                    )
                },
            ),
        ),
        codes=("session_required", "invalid_credentials", "operator_only", "too_many_attempts"),
        shape="management",
    ),
)
