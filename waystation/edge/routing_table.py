"""The relay's addresses. Adding one here is what makes it exist, and tested for its role."""

from collections.abc import Callable
from functools import partial
from urllib.parse import unquote

from waystation.dialects.anthropic.count import parse as parse_message_count
from waystation.dialects.anthropic.request import parse as parse_messages
from waystation.dialects.gemini.calls import parse_count as parse_gemini_count
from waystation.dialects.openai_chat.request import HasInput
from waystation.dialects.openai_chat.request import parse as parse_chat
from waystation.dialects.openai_responses.calls import parse_compaction, parse_input_tokens
from waystation.dialects.openai_responses.request import parse as parse_responses
from waystation.dialects.openai_text.completions import parse as parse_completion
from waystation.dialects.openai_text.embeddings import parse as parse_embedding
from waystation.dialects.openai_text.moderations import parse as parse_moderation
from waystation.dialects.operation import Operation
from waystation.dialects.rerank.request import parse as parse_rerank
from waystation.edge.artefact_calls import ArtefactCalls
from waystation.edge.billing import Billing
from waystation.edge.call import Call, Handler
from waystation.edge.counting import Countable, Counting
from waystation.edge.files import Files
from waystation.edge.gemini import VERBS, GeminiRelay
from waystation.edge.health import Readyz, livez
from waystation.edge.image_host import ImageHost
from waystation.edge.midjourney.routes import add_midjourney
from waystation.edge.models import Models
from waystation.edge.pictures.routes import picture_routes
from waystation.edge.receipts import Receipts
from waystation.edge.relay import Parse, Relay
from waystation.edge.replies import send_json
from waystation.edge.response_calls import ResponseCalls
from waystation.edge.routes import RouteTable
from waystation.edge.site import Site
from waystation.edge.sound.relay import HearingRelay, SpeechRelay
from waystation.edge.suno.chat import ChatRelay
from waystation.edge.suno.routes import add_suno
from waystation.edge.suno.singing import Singing
from waystation.edge.tasks import Tasks

DIALECT = "openai_chat"


def parses(choices_max: int) -> dict[str, Parse]:
    """The relayed operations by their address."""
    return {
        "/v1/chat/completions": partial(parse_chat_or_responses, choices_max=choices_max),
        "/v1/completions": partial(parse_completion, choices_max=choices_max),
        "/v1/embeddings": parse_embedding,
        "/v1/moderations": parse_moderation,
    }


def parse_chat_or_responses(
    body: bytes, headers: Callable[[str], str | None], *, choices_max: int
) -> Operation:
    """A chat body; one with `input` in place of `messages` is read as Responses."""
    try:
        return parse_chat(body, headers, choices_max=choices_max)
    except HasInput:
        return parse_responses(body, headers)


async def hello(call: Call) -> None:
    """Some clients ask this of a base address before they use it."""
    send_json(call, {"message": "hello"})


def routes(site: Site) -> RouteTable[Handler]:
    table: RouteTable[Handler] = RouteTable()
    singing = Singing(site)
    for path, parse in parses(site.settings.choices_max).items():
        remembers = path == "/v1/chat/completions"  # some send Responses there
        bytes_max = site.settings.body_bytes_max
        if path.endswith("/completions"):
            relay: Relay = ChatRelay(site, DIALECT, parse, bytes_max, singing, remembers=remembers)
        else:
            relay = Relay(site, DIALECT, parse, bytes_max)
        table.add("POST", path, relay, "token", "openai")
    for path, pictures in picture_routes(site):
        table.add("POST", path, pictures, "token", "openai")
    table.add("POST", "/v1/audio/speech", SpeechRelay(site), "token", "openai")
    transcriptions, translations = "/v1/audio/transcriptions", "/v1/audio/translations"
    table.add("POST", transcriptions, HearingRelay(site, "transcription"), "token", "openai")
    table.add("POST", translations, HearingRelay(site, "translation"), "token", "openai")
    _add_responses(table, site, singing)
    _add_gemini(table, site, singing)
    _add_messages(table, site, singing)
    _add_rerank(table, site)
    _add_lists(table, site)
    for prefix in ("/v1/dashboard", "/dashboard"):
        billing = Billing(site)
        table.add("GET", f"{prefix}/billing/subscription", billing.subscription, "token", "openai")
        table.add("GET", f"{prefix}/billing/usage", billing.usage, "token", "openai")
    table.add("GET", "/v1/generation", Receipts(site), "token", "openai")
    _add_artefacts(table, site)
    add_midjourney(table, site)
    add_suno(table, site)
    _add_tasks(table, site)
    table.add("GET", "/livez", livez, "public", "openai")
    table.add("GET", "/readyz", Readyz(site), "public", "openai")
    table.add("GET", "/api/hello", hello, "public", "openai")
    return table


def _add_responses(table: RouteTable[Handler], site: Site, singing: Singing) -> None:
    bytes_max = site.settings.body_bytes_max
    main = ChatRelay(site, "openai_responses", parse_responses, bytes_max, singing, remembers=True)
    table.add("POST", "/v1/responses", main, "token", "openai")
    kinds: tuple[tuple[str, Parse], ...] = (
        ("/v1/responses/input_tokens", parse_input_tokens),
        ("/v1/responses/compact", parse_compaction),
    )
    for path, parse in kinds:
        relay = Relay(site, "openai_responses", parse, bytes_max, remembers=True)
        table.add("POST", path, relay, "token", "openai")
    stored = ResponseCalls(site)
    table.add("GET", "/v1/responses/{response}", stored.show, "token", "openai")
    table.add("DELETE", "/v1/responses/{response}", stored.delete, "token", "openai")
    items = "/v1/responses/{response}/input_items"
    table.add("GET", items, stored.input_items, "token", "openai")
    table.add("POST", "/v1/responses/{response}/cancel", stored.cancel, "token", "openai")


def _add_gemini(table: RouteTable[Handler], site: Site, singing: Singing) -> None:
    for version in ("v1", "v1beta", "v1alpha"):
        for verb in VERBS:
            relay = GeminiRelay(site, verb, singing)
            table.add("POST", f"/{version}/models/{{model}}:{verb}", relay, "token", "gemini")
        path = f"/{version}/models/{{model}}:countTokens"
        count = Counting(site, "gemini", "generate", _gemini_count)
        table.add("POST", path, count, "token", "gemini")


def _add_messages(table: RouteTable[Handler], site: Site, singing: Singing) -> None:
    bytes_max = site.settings.body_bytes_max
    relay = ChatRelay(site, "anthropic", parse_messages, bytes_max, singing)
    table.add("POST", "/v1/messages", relay, "token", "anthropic")
    count = Counting(site, "anthropic", "messages", lambda _, body: parse_message_count(body))
    table.add("POST", "/v1/messages/count_tokens", count, "token", "anthropic")


def _gemini_count(call: Call, body: bytes) -> Countable:
    return parse_gemini_count(body, call.header, model=unquote(call.params["model"]))


def _add_rerank(table: RouteTable[Handler], site: Site) -> None:
    """Clients of Cohere's put its versions behind the base."""
    relay = Relay(site, "rerank", parse_rerank, site.settings.body_bytes_max)
    table.add("POST", "/v1/rerank", relay, "token", "openai")
    table.add("POST", "/v2/rerank", relay, "token", "openai")


def _add_artefacts(table: RouteTable[Handler], site: Site) -> None:
    artefacts = ArtefactCalls(site)
    table.add("GET", "/v1/artefacts", artefacts.list, "token", "openai")
    table.add("DELETE", "/v1/artefacts/{artefact}", artefacts.delete, "token", "openai")
    table.add("POST", "/api/upload", ImageHost(site), "token", "openai")
    table.add("GET", "/files/{kind}/{name}", Files(site), "public", "openai")


def _add_tasks(table: RouteTable[Handler], site: Site) -> None:
    tasks = Tasks(site)
    table.add("GET", "/v1/tasks", tasks.list, "token", "openai")
    table.add("GET", "/v1/tasks/hook_secret", tasks.hook_secret, "token", "openai")
    table.add("GET", "/v1/tasks/{task}", tasks.show, "token", "openai")
    table.add("POST", "/v1/tasks/{task}/cancel", tasks.cancel, "token", "openai")
    table.add("GET", "/v1/tasks/{task}/deliveries", tasks.deliveries, "token", "openai")


def _add_lists(table: RouteTable[Handler], site: Site) -> None:
    models = Models(site)
    for version in ("v1", "v1beta", "v1alpha"):
        shape = "openai" if version == "v1" else "gemini"
        table.add("GET", f"/{version}/models", models.list, "token", shape)
        table.add("GET", f"/{version}/models/{{model:rest}}", models.retrieve, "token", shape)
