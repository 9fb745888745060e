"""Midjourney's tasks: on a proxy of the family, or drawn by an image channel."""
