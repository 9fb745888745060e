"""A program of its own: text on standard input, samples on standard output.

usage: speaker.py LIBRARY DATA VOICE WORDS_PER_MINUTE PITCH

It loads eSpeak NG, which is under the GPL, and nothing of this project; the project talks to it
over pipes alone. What the library does wrong ends this process and no other. First come eight hex
digits with the rate, then samples of 16 bits, as they are made.
"""

import ctypes
import os
import sys

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: the caller's thread makes the sound
_NO_EXIT = 0x8000
_UTF8 = 1
_RATE, _PITCH = 1, 3
_BUFFER_MILLIS = 200

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def _hand_over(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _: object) -> int:
    if samples and count > 0:
        try:
            _write(ctypes.string_at(samples, 2 * count))
        except OSError:  # nobody listens any more
            return 1
    return 0


def main() -> int:
    library, data, voice, words, pitch = sys.argv[1:6]
    text = sys.stdin.buffer.read()
    speech = ctypes.CDLL(library)
    rate = speech.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MILLIS, data.encode(), _NO_EXIT)
    if rate <= 0:
        return 3
    callback = _Callback(_hand_over)
    speech.espeak_SetSynthCallback(callback)
    if speech.espeak_SetVoiceByName(voice.encode()):
        return 4
    speech.espeak_SetParameter(_RATE, int(words), 0)
    speech.espeak_SetParameter(_PITCH, int(pitch), 0)
    _write(b"%08x" % rate)
    buffer = ctypes.create_string_buffer(text)
    failed = speech.espeak_Synth(buffer, len(text) + 1, 0, 1, 0, _UTF8, None, None)
    speech.espeak_Synchronize()
    return 5 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
