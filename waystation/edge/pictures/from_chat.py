"""Chat with a model that draws: taken for an order of pictures, where a channel draws by itself."""

from waystation.dialects.openai_chat.request import ChatOperation
from waystation.dialects.operation import Request
from waystation.dialects.pictures.chat import pictures_of_chat
from waystation.dialects.pictures.names import canonical, is_picture_model
from waystation.edge.queries import query_of
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.routing.operations import serving


def as_pictures(site: Site, caller: Caller, operation: Request, at_ms: int) -> Request:
    """The operation itself for all but chat with such a model. A model that is offered by chat
    channels alone stays a chat: its own answer is what the caller wants. at_ms: whose prices.
    Raises Fault (400)."""
    if not isinstance(operation, ChatOperation) or site.directory is None:
        return operation
    model = operation.model
    if not is_picture_model(model):
        price = site.directory.snapshot.prices.find(model, at_ms)
        if price is None or price.pictures is None or price.by_token:
            return operation
    query = query_of(caller, canonical(model), "image")
    try:
        first = site.directory.candidates(query, at_ms).first
    except Fault:
        return operation
    if serving("image", first.channel) == "chat":
        return operation
    return pictures_of_chat(operation.body, operation)
