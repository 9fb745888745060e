"""The address under which users see this deployment, without a slash at its end."""

from waystation.edge.call import Call
from waystation.settings import Settings


def public_base(call: Call, settings: Settings) -> str:
    """The setting's, else scheme and host as the client wrote them: a trusted proxy tells both,
    nobody else's word counts but the Host header's, which leads back to whoever sent it."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = call.forwarded_host or call.header("host") or f"{settings.host}:{settings.port}"
    return f"{call.scheme}://{host}"
