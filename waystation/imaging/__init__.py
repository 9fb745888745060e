"""Pictures as pure functions: bytes in, bytes out, no network, no clock, no files.

A leaf: Pillow below, nothing of ours. All of it is work for a thread, not for an event loop. What
cannot be read or joined raises `BadPicture` (imaging/picture.py), whose text may be shown.
"""
