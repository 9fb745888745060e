"""Addresses that a vendor names on the way: of its own hosts or none.

An answer may name where a job is looked at, or where its picture lies. Whoever can put words into
an answer must not be able to lead our key, or our server, elsewhere.
"""

from waystation.upstream.pictures.refusals import nonsense
from waystation.upstream.pictures.wire import PictureWire
from waystation.upstream.transport import Origin, Outgoing


def job_address(wire: PictureWire, address: object, hosts: tuple[str, ...]) -> Outgoing | None:
    """A request, with the channel's key, to where the vendor says that a job is looked at. hosts:
    the vendor's domains. None where a relay of the vendor's API names somebody else's address:
    our key is the relay's, which must be asked itself. Raises AttemptFailed (502)."""
    if not isinstance(address, str) or not address:
        raise nonsense("it names no address")
    request = wire.elsewhere(address, with_key=True, accept="application/json")
    origin, own = _origin(request), _origin(wire.request("/"))
    if _place(origin) == _place(own):
        return request
    if not _is_of(own, hosts):
        return None
    if not _is_of(origin, hosts):
        raise nonsense("it names an address that is not the vendor's")
    return request


def picture_address(wire: PictureWire, address: object, hosts: tuple[str, ...]) -> str:
    """Where a picture lies, which the picture path fetches without a key. The vendor's own answers
    name its hosts alone; relays keep pictures where they like. Raises AttemptFailed (502)."""
    if not isinstance(address, str) or not address:
        raise nonsense("an entry without its picture")
    origin = _origin(wire.elsewhere(address))
    if _is_of(_origin(wire.request("/")), hosts) and not _is_of(origin, hosts):
        raise nonsense("it names an address that is not the vendor's")
    return address


def _is_of(origin: Origin, hosts: tuple[str, ...]) -> bool:
    """One of the vendor's domains, by https on its port."""
    if origin.scheme != "https" or origin.port != 443:
        return False
    return any(origin.host == one or origin.host.endswith("." + one) for one in hosts)


def _place(origin: Origin) -> tuple[str, str, int]:
    return origin.scheme, origin.host, origin.port


def _origin(request: Outgoing) -> Origin:
    assert isinstance(request.origin, Origin)
    return request.origin
