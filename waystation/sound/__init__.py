"""Sounds as pure functions: bytes in, bytes out, no network, no clock but a deadline, no files.

A leaf: PyAV below (loaded at the first use), nothing of ours. All of it but `progress` is work for
a thread, not for an event loop. What cannot be read raises `BadSound` (sound/pcm.py), whose text
may be shown.
"""
