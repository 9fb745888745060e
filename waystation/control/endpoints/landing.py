"""GET /: what this address is, in the reader's language, from nobody else's server."""

from html import escape
from string import Template

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from waystation.control.guards import services_of
from waystation.control.replies import address_of, language

_PAGE = Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Waystation</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
code, pre { font-family: ui-monospace, monospace }
pre { padding: 1rem; overflow-x: auto; border: 1px solid; border-radius: .3rem }
</style>
</head>
<body>
<main>
<h1>Waystation</h1>
<p>$what</p>
<h2>$address_title</h2>
<p><code>$base/v1</code></p>
<p>$address_hint</p>
<pre><code>curl $base/v1/chat/completions \\
  -H 'Authorization: Bearer sk-…' \\
  -H 'Content-Type: application/json' \\
  -d '{"model":"$model","messages":[{"role":"user","content":"Hello"}]}'</code></pre>
<h2>$links_title</h2>
<ul>
<li><a href="/docs">/docs</a>: $docs</li>
<li><a href="/openapi.json">/openapi.json</a>: $openapi</li>
<li><a href="/api/pricing">/api/pricing</a>: $pricing</li>
<li><a href="/readyz">/readyz</a>: $ready</li>
</ul>
<p>$soon</p>
</main>
</body>
</html>
""")

_WORDS = {
    "en": {
        "what": "An AI API relay: one address and one key for the models that this site offers, "
        "in the OpenAI protocol. Every request is billed once, and its reply says what it cost.",
        "address_title": "Base address",
        "address_hint": "Set it in your client, with the key that the operator gave you.",
        "links_title": "To read by machine",
        "docs": "every call with samples, prices and errors",
        "openapi": "every endpoint with fields, errors and examples (OpenAPI 3.1)",
        "pricing": "models, groups and prices",
        "ready": "whether this server takes requests",
        "soon": "The web console was not built here; `make setup` builds it.",
        "model": "MODEL",
    },
    "zh": {
        "what": "AI API 中转站：一个地址、一个令牌即可使用本站提供的模型，兼容 OpenAI 协议。"
        "每个请求只计费一次，响应中会说明费用。",
        "address_title": "接口地址",
        "address_hint": "请在客户端中填写该地址以及管理员提供的令牌。",
        "links_title": "供程序读取",
        "docs": "全部接口的说明、示例、价格与错误处理",
        "openapi": "全部接口的参数、错误与示例（OpenAPI 3.1）",
        "pricing": "模型、分组与价格",
        "ready": "服务是否可用",
        "soon": "此处尚未构建网页控制台，执行 make setup 即可构建。",
        "model": "模型名",
    },
}

_HEADERS = {
    "cache-control": "no-cache",
    "vary": "accept-language, host",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


async def show(request: Request) -> Response:
    settings = services_of(request).settings
    lang = language(request, settings.language)
    base = settings.public_url or address_of(request)
    words = _WORDS[lang] | {"base": escape(base.rstrip("/")), "lang": lang}
    return HTMLResponse(_PAGE.substitute(words), headers=_HEADERS)
