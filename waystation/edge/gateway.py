"""A gateway worker: its parts put together, its routes, its life from first accept to drained.

Every relay route is in `routes`; nothing else is answered here but what `edge/forward.py` passes
to the control process.
"""

from waystation.dialects import openai_chat, openai_text
from waystation.edge.billing import Billing
from waystation.edge.call import Handler
from waystation.edge.health import Readyz, livez
from waystation.edge.models import Models
from waystation.edge.receipts import Receipts
from waystation.edge.relay import Parse, Relay
from waystation.edge.routes import RouteTable
from waystation.edge.site import Site

DIALECT = "openai_chat"


def routes(site: Site) -> RouteTable[Handler]:
    """The relay's addresses. Adding one here is what makes it exist, and tested for its role."""
    table: RouteTable[Handler] = RouteTable()
    parses: dict[str, Parse] = {
        "/v1/chat/completions": openai_chat.parse,
        "/v1/completions": openai_text.parse_completion,
        "/v1/embeddings": openai_text.parse_embedding,
        "/v1/moderations": openai_text.parse_moderation,
    }
    for path, parse in parses.items():
        relay = Relay(site, DIALECT, parse, site.settings.body_bytes_max)
        table.add("POST", path, relay, "token", "openai")
    models, receipts, billing = Models(site), Receipts(site), Billing(site)
    for version in ("v1", "v1beta", "v1alpha"):
        shape = "openai" if version == "v1" else "gemini"
        table.add("GET", f"/{version}/models", models.list, "token", shape)
        table.add("GET", f"/{version}/models/{{model:rest}}", models.retrieve, "token", shape)
    table.add("GET", "/v1/generation", receipts, "token", "openai")
    for prefix in ("/v1/dashboard", "/dashboard"):
        table.add("GET", f"{prefix}/billing/subscription", billing.subscription, "token", "openai")
        table.add("GET", f"{prefix}/billing/usage", billing.usage, "token", "openai")
    table.add("GET", "/livez", livez, "public", "openai")
    table.add("GET", "/readyz", Readyz(site), "public", "openai")
    table.add("GET", "/api/hello", hello, "public", "openai")
    return table
