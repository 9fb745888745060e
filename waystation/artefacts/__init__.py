"""Stored pictures, audio and video: the object store, their rows in `main`, their signed links."""
