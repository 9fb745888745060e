"""Waystation, an AI API relay."""

__version__ = "0.1.0"
