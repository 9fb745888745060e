"""Which module speaks with which channel.

A channel says what it serves by its paths: "image", "image_edit", "image_variation" (whatever its
vendor's API calls them), "ideogram", "ideogram_remix", "recraft" (relays that offer those forms as
they are) and "chat" (models that draw into a chat answer). A vendor with an API of its own has its
module here by the vendor's name; everybody else speaks OpenAI's shape or the form that the path
names.
"""

from collections.abc import Mapping

from waystation.routing.snapshot import Channel
from waystation.upstream.pictures.bfl import Bfl
from waystation.upstream.pictures.chat_shape import ChatShape
from waystation.upstream.pictures.google import Google
from waystation.upstream.pictures.ideogram import Ideogram
from waystation.upstream.pictures.openai_shape import OpenAiShape
from waystation.upstream.pictures.port import PictureVendor
from waystation.upstream.pictures.recraft import Recraft
from waystation.upstream.pictures.relay_forms import IdeogramForm, RecraftForm
from waystation.upstream.pictures.stability import Stability

_OPENAI_SHAPE = OpenAiShape()

BY_VENDOR: Mapping[str, PictureVendor] = {
    "bfl": Bfl(),
    "google-images": Google(),
    "ideogram": Ideogram(),
    "recraft": Recraft(),
    "stability": Stability(),
}
"""Vendors by name whose own API is spoken, whatever the operation."""

BY_OPERATION: Mapping[str, PictureVendor] = {
    "chat": ChatShape(),
    "ideogram": IdeogramForm(),
    "ideogram_remix": IdeogramForm(),
    "recraft": RecraftForm(),
}
"""Forms of relays, by the operation that serves."""


def picture_vendor(channel: Channel, operation: str) -> PictureVendor:
    """The module for an attempt on this channel; operation: the one that serves it."""
    if operation == "chat":
        return BY_OPERATION[operation]
    own = BY_VENDOR.get(channel.vendor)
    return own or BY_OPERATION.get(operation, _OPENAI_SHAPE)
