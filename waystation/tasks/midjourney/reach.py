"""How a runner reaches the channels of the family, and what the operator decided."""

from waystation.dialects.midjourney.options import SETTING, MidjourneyOptions, read_options
from waystation.routing.snapshot import Channel
from waystation.tasks.midjourney.proxy import Proxy
from waystation.tasks.workshop import Workshop, key_of


def proxy_of(workshop: Workshop, channel: Channel, key_id: int) -> Proxy | None:
    """None: the channel has no such key any more."""
    key = key_of(channel, key_id)
    if key is None:
        return None
    return Proxy(workshop.transport(channel), workshop.way(channel), key)


def options_of(workshop: Workshop) -> MidjourneyOptions:
    """The defaults where a value cannot be read."""
    directory = workshop.directory
    text = None if directory is None else directory.snapshot.settings.get(SETTING)
    try:
        return read_options(text)
    except ValueError:
        return MidjourneyOptions()
