"""Midjourney drawn by channels that know nothing of it: four pictures by an image model, the grid,
its tiles and all that is done with them made here, texts by a chat model."""
