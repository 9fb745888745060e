"""Anthropic's messages: a native lane, and both ends of the translated one."""
