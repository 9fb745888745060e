"""Which of a channel's paths serves an operation, where several may.

Pictures come in many forms, and what was asked in one form can be drawn through another: the first
that the channel offers. A chat model may draw too, where nothing better is there.

Midjourney's verbs are served by channels that draw as well, when their model_map says which model
draws them: four pictures and a grid are then made here. Suno's songs can be had over chat.
"""

from collections.abc import Mapping

from waystation.routing.snapshot import Channel

_CHAT_DIALECT = "openai_chat"
_SERVED_BY: Mapping[str, tuple[str, ...]] = {
    "image": ("image", "recraft", "ideogram", "chat"),
    "image_edit": ("image_edit", "chat"),
    "image_variation": ("image_variation", "image_edit", "chat"),
    "ideogram": ("ideogram", "image", "chat"),
    "ideogram_remix": ("ideogram_remix", "image_edit", "chat"),
    "recraft": ("recraft", "image", "chat"),
    "mj_imagine": ("image", "chat"),
    "mj_action": ("image", "image_edit", "chat"),
    "mj_change": ("image", "image_edit", "chat"),
    "mj_modal": ("image_edit", "chat"),
    "mj_blend": ("image_edit", "chat"),
    "mj_edits": ("image_edit", "chat"),
    "mj_swap_face": ("image_edit", "chat"),
    "mj_upload": ("image", "image_edit", "chat"),
    "mj_describe": ("chat", "image", "image_edit"),
    "mj_shorten": ("chat", "image", "image_edit"),
    "suno_music": ("chat",),
}
_VERBS = ("mj_", "swap_face")
_SONGS = "suno_"


def serving(operation: str, channel: Channel) -> str | None:
    """The operation by which this channel serves the one that was asked for; None: not at all."""
    if operation in channel.paths:
        return operation
    for other in _SERVED_BY.get(operation, ()):
        if other in channel.paths and (other != "chat" or channel.dialect == _CHAT_DIALECT):
            return other
    return None


def names_a_model(name: str, channel: Channel) -> bool:
    """A verb of Midjourney is a model to its own proxies only, one of Suno to who has pages for it;
    elsewhere it must be mapped."""
    if name.startswith(_SONGS):
        return "suno_music" in channel.paths
    return channel.dialect == "midjourney" or not name.startswith(_VERBS)
