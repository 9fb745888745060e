"""The usage that a caller is shown: the upstream's own, or ours, with its cost."""

from collections.abc import Callable, Mapping

import msgspec

from waystation.kernel.strictjson import raw_of
from waystation.meter.usage import Usage

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def believed(
    usage: Usage,
    told: msgspec.Raw | None,
    cost: str | None,
    ours: Callable[[Usage], Mapping[str, object]],
) -> msgspec.Raw:
    """The upstream's own object where it can be believed, else `ours`; `cost` (a decimal JSON
    number in USD) joins it."""
    shown = told if told is not None and not usage.flags else raw_of(ours(usage))
    return shown if cost is None else with_cost(shown, cost)


def with_cost(shown: msgspec.Raw, cost: str) -> msgspec.Raw:
    """In place of one that stands there already."""
    written = bytes(shown).rstrip()
    if len(written) <= 2 or b'"cost"' in written:
        return raw_of({**_decode_fields(written), "cost": msgspec.Raw(cost.encode())})
    return msgspec.Raw(written[:-1] + b',"cost":' + cost.encode() + b"}")
