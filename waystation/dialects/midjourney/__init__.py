"""Midjourney's protocol as its proxies speak it: bodies in, results and task objects out. Pure."""
