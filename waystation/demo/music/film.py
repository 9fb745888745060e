"""A sound and its cover as a video. Work for a thread."""

import io
import math
from fractions import Fraction
from typing import TYPE_CHECKING

from PIL import Image

from waystation.sound.pcm import Pcm

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_PICTURES_A_SECOND = 2
_BLOCK_FRAMES = 4096
_OPTIONS = {"preset": "ultrafast", "tune": "stillimage", "crf": "30"}


def film(sound: Pcm, cover: Image.Image) -> bytes:
    """MP4: H.264 and AAC."""
    import av

    file = io.BytesIO()
    flags = {"fflags": "+bitexact"}
    with av.open(file, "w", format="mp4", container_options=flags) as container:
        pictures = container.add_stream("libx264", rate=_PICTURES_A_SECOND, options=_OPTIONS)
        pictures.width, pictures.height = cover.size
        pictures.pix_fmt = "yuv420p"
        voice = container.add_stream("aac", rate=sound.rate, layout="mono")
        voice.bit_rate = 64_000
        still = av.VideoFrame.from_image(cover)  # type: ignore[no-untyped-call]
        for at in range(max(1, math.ceil(sound.seconds * _PICTURES_A_SECOND))):
            still.pts, still.time_base = at, Fraction(1, _PICTURES_A_SECOND)
            container.mux(pictures.encode(still))
        container.mux(pictures.encode(None))
        for start in range(0, len(sound.samples), _BLOCK_FRAMES):
            container.mux(voice.encode(_block(sound, start)))
        container.mux(voice.encode(None))
    return file.getvalue()


def _block(sound: Pcm, start: int) -> "AudioFrame":
    from av.audio.frame import AudioFrame

    samples = sound.samples[start : start + _BLOCK_FRAMES]
    frame = AudioFrame(format="s16", layout="mono", samples=len(samples))
    frame.planes[0].update(samples.tobytes())
    frame.sample_rate = sound.rate
    frame.pts = start
    frame.time_base = Fraction(1, sound.rate)
    return frame
