"""What an upstream said of usage, before anybody judged it."""

from collections.abc import Mapping

import msgspec


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A usage object's numbers, each non-negative and whole; None where nothing usable was told.
    completion includes reasoning, prompt includes cached, written, audio and image. units: calls
    of the vendor's own tools, by the names that prices have. tier: the service tier by our name, ""
    the usual one, None not told."""

    prompt: int | None
    completion: int | None
    cached: int = 0
    written_5m: int = 0
    written_1h: int = 0
    audio_in: int = 0
    image_in: int = 0
    reasoning: int = 0
    audio_out: int = 0
    image_out: int = 0
    units: Mapping[str, int] = {}
    tier: str | None = None
    flags: tuple[str, ...] = ()

    def not_below(self, earlier: "Told") -> "Told":
        """This reading, with no total under an earlier one's: a shrunken side is taken from it."""
        told = self
        if earlier.prompt is not None and (self.prompt is None or self.prompt < earlier.prompt):
            told = msgspec.structs.replace(
                told,
                prompt=earlier.prompt,
                cached=earlier.cached,
                written_5m=earlier.written_5m,
                written_1h=earlier.written_1h,
                audio_in=earlier.audio_in,
                image_in=earlier.image_in,
                flags=(*told.flags, "shrank:prompt_tokens"),
            )
        if earlier.completion is not None and (
            self.completion is None or self.completion < earlier.completion
        ):
            told = msgspec.structs.replace(
                told,
                completion=earlier.completion,
                reasoning=earlier.reasoning,
                audio_out=earlier.audio_out,
                image_out=earlier.image_out,
                flags=(*told.flags, "shrank:completion_tokens"),
            )
        return told
