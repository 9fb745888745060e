"""Suno's protocols: the task pages, the façade of Suno-API, songs as chat. No I/O."""
