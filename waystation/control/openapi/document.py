"""The whole document. Paths, schemas and examples come from `endpoints/`."""

from typing import Any

from waystation import __version__
from waystation.control.openapi import faults
from waystation.control.openapi.caps import EXAMPLE_URL, filled
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Parameter, Reply
from waystation.control.openapi.endpoints import ENDPOINTS, SCHEMAS
from waystation.control.openapi.fields import Schema, one_of, ref
from waystation.control.openapi.glossary import explain
from waystation.control.openapi.headers import ACCEPT_LANGUAGE, ALWAYS, HEADERS
from waystation.settings import Settings

_TAGS = (
    ("Chat", "聊天", "Chat completions, plain and streamed."),
    ("Responses", "Responses", "OpenAI's Responses, for every chat model."),
    ("Gemini", "Gemini 接口", "Google's protocol, for every chat model."),
    ("Messages", "消息", "Anthropic's protocol, for every chat model."),
    ("Completions", "自动补全", "Text completions of the older kind."),
    ("Embeddings", "嵌入", "Vectors for texts."),
    ("Moderations", "审核", "Classification of texts and images."),
    ("Images", "图片", "Pictures: drawn, edited, varied."),
    ("Audio", "音频", "Speech, transcripts, translations."),
    ("Rerank", "重排序", "Ordering of documents by relevance."),
    ("Models", "模型", "What the token may call."),
    ("Midjourney", "Midjourney", "Pictures as tasks, in the protocol of midjourney-proxy."),
    ("Suno", "Suno", "Songs and lyrics as tasks."),
    ("Files", "文件", "What was made and is stored here."),
    ("Tasks", "任务", "Slow generations: ask, cancel, be told."),
    ("Receipts", "账单", "What requests cost, what is left."),
    ("Management", "管理", "An account's tokens, as clients of this family manage them."),
    ("Catalogue", "价格与状态", "Prices, groups, status; public."),
    ("Health", "健康检查", "For load balancers."),
)

_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer sk-…`; the scheme and `sk-` may be left out.",
        "x-description-zh": "`Authorization: Bearer sk-…`，Bearer 与 sk- 均可省略。",
    },
    "apiKeyHeader": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "googleKeyHeader": {"type": "apiKey", "in": "header", "name": "x-goog-api-key"},
    "midjourneySecret": {"type": "apiKey", "in": "header", "name": "mj-api-secret"},
    "keyQuery": {"type": "apiKey", "in": "query", "name": "key"},
    "basic": {"type": "http", "scheme": "basic"},
    "accessToken": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "A token of POST /api/v1/access-tokens, with or without `Bearer`.",
        "x-description-zh": "POST /api/v1/access-tokens 返回的访问令牌，可省略 Bearer。",
    },
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of POST /api/v1/session.",
        "x-description-zh": "POST /api/v1/session 返回的会话令牌。",
    },
}


def build_document(base_url: str = "/", settings: Settings | None = None) -> dict[str, Any]:
    """base_url: of this deployment, without /v1. settings: whose figures stand in descriptions;
    None: the defaults."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method] = _operation(endpoint)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Waystation",
            "version": __version__,
            "description": "An AI API relay: the OpenAI protocol, one key, exact bills.",
            "x-description-zh": "AI API 中转：兼容 OpenAI 协议，一个令牌，账单精确。",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": base_url.rstrip("/") or "/"}],
        "tags": [{"name": n, "x-name-zh": zh, "description": text} for n, zh, text in _TAGS],
        "paths": paths,
        "components": {
            "schemas": dict(sorted((SCHEMAS | faults.SCHEMAS).items())),
            "headers": HEADERS,
            "responses": _shared_responses(),
            "securitySchemes": _SECURITY,
        },
    }
    whole: dict[str, Any] = filled(
        document,
        settings or Settings.model_construct(),
        base_url.rstrip("/") or EXAMPLE_URL,
    )
    explain(whole)
    return whole


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.id,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "x-summary-zh": endpoint.summary_zh,
    }
    if endpoint.description:
        operation["description"] = endpoint.description
        operation["x-description-zh"] = endpoint.description_zh
    if endpoint.aliases:
        operation["x-aliases"] = list(endpoint.aliases)
    parameters = [_parameter(p) for p in (*endpoint.parameters, ACCEPT_LANGUAGE)]
    operation["parameters"] = parameters
    if endpoint.body is not None:
        operation["requestBody"] = _body(endpoint.body)
    operation["responses"] = {
        str(reply.status): _reply(reply, endpoint) for reply in endpoint.replies
    } | faults.references(endpoint.codes, endpoint.shape)
    operation["security"] = [{name: []} for name in endpoint.security]
    return operation


def _shared_responses() -> dict[str, Any]:
    shared: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        shared.update(faults.responses(endpoint.codes, endpoint.shape))
    return dict(sorted(shared.items()))


def _parameter(parameter: Parameter) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required,
        "schema": parameter.schema,
    }
    if parameter.example is not None:
        made["example"] = parameter.example
    return made


def _body(body: Body) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if body.schema is not None:
        content["application/json"] = _media(body.schema, body.examples)
    if body.form is not None:
        content["multipart/form-data"] = _media(body.form, body.form_examples)
    return {"required": True, "content": content}


def _reply(reply: Reply, endpoint: Endpoint) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": reply.description,
        "x-description-zh": reply.description_zh,
    }
    names = reply.headers or ALWAYS
    made["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if reply.content:
        made["content"] = {
            media: _media(schema, examples) for media, (schema, examples) in reply.content.items()
        }
    codes = faults.told_as_success(endpoint.codes, endpoint.shape)
    if codes and reply.status == 200:
        media = made["content"]["application/json"]
        media["schema"] = one_of([media["schema"], ref("FamilyError")])
        media["examples"] |= {code: faults.example(code, endpoint.shape) for code in codes}
        made["x-error-codes"] = codes
    return made


def _media(schema: Schema, examples: tuple[Example, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {"schema": schema}
    if examples:
        made["examples"] = {example.name: {"value": example.value} for example in examples}
    return made
