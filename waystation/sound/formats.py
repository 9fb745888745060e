"""The forms in which speech and music are delivered."""

import msgspec


class SoundFormat(msgspec.Struct, frozen=True):
    """name: as callers say it. media_type: of a reply. container, codec: FFmpeg's names. rates:
    what the codec takes, () any. bits_per_second: 0 where the codec has none."""

    name: str
    media_type: str
    ext: str
    container: str
    codec: str
    rates: tuple[int, ...] = ()
    bits_per_second: int = 0

    def rate_for(self, rate: int) -> int:
        """The codec's rate that is nearest to the sound's from above."""
        if not self.rates or rate in self.rates:
            return rate
        return min((one for one in self.rates if one >= rate), default=max(self.rates))


_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)

FORMATS = {
    one.name: one
    for one in (
        SoundFormat("mp3", "audio/mpeg", "mp3", "mp3", "libmp3lame", _MP3_RATES, 128_000),
        SoundFormat("opus", "audio/ogg", "opus", "ogg", "libopus", _OPUS_RATES, 48_000),
        SoundFormat("aac", "audio/aac", "aac", "adts", "aac", _AAC_RATES, 96_000),
        SoundFormat("flac", "audio/flac", "flac", "flac", "flac"),
        SoundFormat("wav", "audio/wav", "wav", "wav", "pcm_s16le"),
        SoundFormat("pcm", "audio/pcm", "pcm", "s16le", "pcm_s16le"),
    )
}
"""By the name that callers use. `pcm` is bare samples: 16 bits, little-endian, at the sound's
rate."""
