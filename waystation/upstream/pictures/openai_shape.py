"""OpenAI's image API, and all that speak like it: Azure, other relays, local servers.

As https://platform.openai.com/docs/api-reference/images has it: generations are
JSON, edits and variations multipart; gpt-image models answer base64 alone and refuse
`response_format`; the others answer addresses unless asked otherwise.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from waystation.dialects.loss import Loss
from waystation.dialects.pictures.order import Action, PictureOrder
from waystation.kernel.scalars import kind
from waystation.kernel.strictjson import raw_of
from waystation.upstream.pictures.data_address import as_address
from waystation.upstream.pictures.multipart import FormBody
from waystation.upstream.pictures.openai_answer import read_answer
from waystation.upstream.pictures.openai_events import EventReader
from waystation.upstream.pictures.passing import passed_on
from waystation.upstream.pictures.port import PartialPicture, Pictures
from waystation.upstream.pictures.refusals import judge_openai
from waystation.upstream.pictures.wire import PictureWire
from waystation.upstream.transport import MaybeSent, Outgoing

BASE64_ONLY = ("gpt-image", "chatgpt-image")
ONE_A_CALL = ("dall-e-3",)
_OWN = (*BASE64_ONLY, "dall-e")
"""OpenAI's own models, which refuse fields that they do not know."""
_VARY = "Make a variation of this picture: the same subject, style and mood, composed anew."
_FIELDS = (
    "prompt",
    "size",
    "aspect_ratio",
    "quality",
    "style",
    "background",
    "output_format",
    "output_compression",
    "moderation",
    "response_format",
    "seed",
    "negative_prompt",
    "strength",
    "user",
)
_SHAPES = (("1024x1024", 1.0), ("1536x1024", 1.5), ("1024x1536", 1 / 1.5))
_DALLE_SHAPES = (("1024x1024", 1.0), ("1792x1024", 1.75), ("1024x1792", 1 / 1.75))
_DALLE_2_SIZES = ("256x256", "512x512", "1024x1024")


def varies(model: str) -> bool:
    """The variations address takes it: of OpenAI's own models dall-e-2 alone."""
    return model.startswith("dall-e-2") or not model.startswith(_OWN)


class OpenAiShape:
    """Implements `StreamingVendor`."""

    actions: frozenset[Action] = frozenset(("generate", "edit", "vary"))

    def per_call(self, order: PictureOrder) -> int:
        return 1 if order.model.startswith(ONE_A_CALL) else order.n

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        passed, losses = passed_on(order)
        reply = await wire.exchange(_request(wire, order, passed), judge=_judge(wire))
        return msgspec.structs.replace(
            read_answer(reply.body, wire.secrets), losses=(*losses, *_losses(order))
        )

    def streams(self, wire: PictureWire, order: PictureOrder) -> bool:
        known = order.model.startswith(BASE64_ONLY) or wire.channel.streams_pictures
        return known and wire.operation in ("image", "image_edit")

    async def stream(
        self, wire: PictureWire, order: PictureOrder
    ) -> AsyncIterator[PartialPicture | Pictures]:
        passed, _ = passed_on(order)
        incoming = await wire.send(_request(wire, order, passed, stream=True), _judge(wire))
        reader = EventReader(wire.secrets, order.n)
        try:
            if b"json" in (incoming.header(b"content-type") or b""):
                # It does not stream, whatever was asked: the whole answer is here.
                yield read_answer(await incoming.read_all(wire.reply_bytes_max), wire.secrets)
                return
            while data := await incoming.read():
                for partial in reader.feed(data):
                    yield partial
            yield reader.close()
        except MaybeSent as error:
            raise wire.failed(error) from None
        finally:
            incoming.close()


def _judge(wire: PictureWire) -> Any:
    return lambda status, body: judge_openai(status, body, wire.secrets)


def _request(
    wire: PictureWire, order: PictureOrder, passed: Mapping[str, msgspec.Raw], stream: bool = False
) -> Outgoing:
    fields = _fields(wire, order, stream)
    accept = "text/event-stream" if stream else "application/json"
    if wire.operation in ("image_edit", "image_variation"):
        form = FormBody(_form(wire, order, {**fields, **passed}))
        return wire.request(wire.path(), form, content_type=form.content_type, accept=accept)
    if order.inputs:
        pictures = [as_address(each) for each in order.inputs]
        fields["image"] = pictures[0] if len(pictures) == 1 else pictures
        if order.mask is not None:
            fields["mask"] = as_address(order.mask)
    body = {name: raw_of(value) for name, value in fields.items()}
    return wire.request(
        wire.path(),
        msgspec.json.encode({**body, **passed, **wire.channel.body_overrides}),
        accept=accept,
    )


def _fields(wire: PictureWire, order: PictureOrder, stream: bool) -> dict[str, Any]:
    """The order in this API's words; what the channel refuses is left out."""
    fields: dict[str, Any] = {"model": order.model}
    for name in _FIELDS:
        value = getattr(order, name)
        if value is not None and value != "":
            fields[name] = value
    if order.n > 1:
        fields["n"] = order.n
    if order.model.startswith(BASE64_ONLY):
        fields.pop("response_format", None)
    _fit_shape(fields, order)
    if order.model.startswith(_OWN):
        _leave_unknown(fields)
    if order.action == "vary":
        _vary(fields, wire)
    if stream:
        fields["stream"] = True
        if order.partial_images is not None:
            fields["partial_images"] = order.partial_images
    for name in wire.channel.refuses:
        fields.pop(name, None)
    return fields


def _fit_shape(fields: dict[str, Any], order: PictureOrder) -> None:
    """OpenAI's own models know sizes alone: the one that is nearest to the shape."""
    if not order.model.startswith(_OWN) or "aspect_ratio" not in fields:
        return
    width, _, height = fields.pop("aspect_ratio").partition(":")
    ratio = int(width) / int(height)
    if order.model.startswith("dall-e-2"):
        if fields.get("size") not in _DALLE_2_SIZES:
            fields["size"] = _DALLE_2_SIZES[-1]
        return
    shapes = _DALLE_SHAPES if order.model.startswith("dall-e") else _SHAPES
    fields["size"] = min(shapes, key=lambda shape: abs(shape[1] - ratio))[0]


def _leave_unknown(fields: dict[str, Any]) -> None:
    """What is not wanted is said in the prompt."""
    for name in ("seed", "strength"):
        fields.pop(name, None)
    avoided = fields.pop("negative_prompt", None)
    if avoided:
        fields["prompt"] = f"{fields.get('prompt', '')}\n\nAvoid: {avoided}".strip()


def _losses(order: PictureOrder) -> tuple[Loss, ...]:
    if not order.model.startswith(_OWN):
        return ()
    lost = (name for name in ("seed", "strength") if getattr(order, name) is not None)
    return tuple(Loss(name, "this model takes none") for name in lost)


def _vary(fields: dict[str, Any], wire: PictureWire) -> None:
    """The variations address takes no prompt; any other needs one that says what is wanted."""
    if wire.operation == "image_variation":
        fields.pop("prompt", None)
    else:
        fields["prompt"] = fields.get("prompt") or _VARY


def _form(wire: PictureWire, order: PictureOrder, fields: dict[str, Any]) -> list[tuple[str, Any]]:
    """Fields as text, pictures as files; several pictures by the repeated name `image[]`."""
    texts = {**fields, **wire.channel.body_overrides}
    form: list[tuple[str, Any]] = [(name, _text(value)) for name, value in texts.items()]
    name = "image" if len(order.inputs) == 1 else "image[]"
    form += [(name, each) for each in order.inputs]
    if order.mask is not None:
        form.append(("mask", order.mask))
    return form


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, msgspec.Raw):
        return msgspec.json.encode(value).decode()
    return msgspec.json.decode(value, type=str) if kind(value) == '"' else bytes(value).decode()
