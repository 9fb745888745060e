"""A request for pictures as the relay path sees it, whatever form it came in."""

from typing import Literal

import msgspec

from waystation.dialects.pictures.limits import (
    IMAGE_TOKENS_MOST,
    INPUT_TOKENS_MOST,
    PARTIAL_TOKENS_MOST,
    known,
)
from waystation.dialects.pictures.names import IDEOGRAM_PREFIX, IDEOGRAM_QUALITIES
from waystation.dialects.pictures.order import PictureInput, PictureOrder
from waystation.dialects.pictures.sizes import size_told
from waystation.kernel.estimate import tokens_bound, tokens_guess
from waystation.kernel.scalars import kind
from waystation.meter.usage import Usage

Form = Literal["openai", "ideogram", "chat"]
ResponseFormat = Literal["url", "b64_json"]
VECTOR = "vector"
"""The quality of a picture that is one, as prices name it;"""
RASTER = "raster"
"""and of one that is none, where its model draws both."""
BASE64_BY_DEFAULT = ("gpt-image", "chatgpt-image")


class PictureOperation:
    """Implements `Request`. form: of the reply. order: with all n pictures and the caller's name
    of the model. references, mask_reference: pictures named by address, yet to be fetched, as
    (field, address). wants: how pictures are shown. chat_usage: the chunk was asked for."""

    __slots__ = (
        "_prompt_bytes",
        "chat_usage",
        "choices",
        "form",
        "mask_reference",
        "model",
        "n",
        "name",
        "order",
        "prompt_tokens",
        "references",
        "stream",
        "wants",
    )

    dialect = "openai_chat"
    expects_output = True
    fans_out = False
    output_limit: int | None = 0
    needs: frozenset[str] = frozenset()
    affinity: str | None = None

    def __init__(
        self,
        name: str,
        form: Form,
        order: PictureOrder,
        *,
        stream: bool = False,
        references: tuple[tuple[str, str], ...] = (),
        mask_reference: str | None = None,
        chat_usage: bool = False,
    ) -> None:
        self.name = name
        self.form = form
        self.order = order
        self.model = order.model
        self.n = self.choices = order.n
        self.stream = stream
        self.references = references
        self.mask_reference = mask_reference
        self.chat_usage = chat_usage
        self._prompt_bytes = f"{order.prompt}{order.negative_prompt or ''}".encode()
        self.prompt_tokens = tokens_bound(self._prompt_bytes) + 64
        self.wants: ResponseFormat = "url"
        if order.response_format == "b64_json":
            self.wants = "b64_json"
        elif form == "openai" and order.response_format is None:
            self.wants = "b64_json" if order.model.startswith(BASE64_BY_DEFAULT) else "url"

    def prompt_guess(self) -> int:
        return min(tokens_guess(self._prompt_bytes), self.prompt_tokens)

    def most(self) -> Usage:
        """What it may consume: all pictures, each as dear as its model makes them."""
        order = self.order
        pictures_in = len(order.inputs) + len(self.references) + (order.mask is not None)
        each = IMAGE_TOKENS_MOST + PARTIAL_TOKENS_MOST * (order.partial_images or 0)
        size, quality = self.drawn_as()
        return Usage(
            # Each call of a fan-out reads the prompt and the pictures again.
            input_fresh=self.prompt_tokens * self.n,
            image_in=pictures_in * INPUT_TOKENS_MOST * self.n,
            output_text=self.prompt_tokens,
            image_out=each * self.n,
            units={"images": self.n},
            size=size,
            quality=quality,
        )

    def drawn_as(self) -> tuple[str, str]:
        """(size, quality) as prices name them: the caller's, else the model's own default."""
        facts, order = known(self.model), self.order
        size = size_told(order)
        if size in ("", "auto"):
            size = facts.size or size
        quality = (order.quality or "").lower()
        if quality in ("", "auto"):
            quality = self._speed() or quality
        if self.model.startswith(IDEOGRAM_PREFIX):
            quality = IDEOGRAM_QUALITIES.get(quality, quality)
        if self.model.startswith("recraft"):
            style = (order.style or "").strip().lower()
            if style.startswith(VECTOR):
                quality = VECTOR
            elif "style_id" in order.extras:
                quality = ""  # a style of somebody's own may be of either sort: what comes tells
            elif quality in ("", "auto"):
                quality = RASTER
        if quality in ("", "auto"):
            quality = facts.quality or quality
        return size, quality

    def _speed(self) -> str:
        """Ideogram's word for quality, which other fields may carry along."""
        raw = self.order.extras.get("rendering_speed")
        if raw is None or kind(raw) != '"':
            return ""
        return msgspec.json.decode(raw, type=str).lower()

    def supplied(
        self, inputs: tuple[PictureInput, ...], mask: PictureInput | None
    ) -> "PictureOperation":
        """The same with its pictures at hand."""
        order = msgspec.structs.replace(self.order, inputs=inputs, mask=mask)
        return PictureOperation(
            self.name, self.form, order, stream=self.stream, chat_usage=self.chat_usage
        )
