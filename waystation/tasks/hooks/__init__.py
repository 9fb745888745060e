"""Telling of tasks: where to, signed how, in which order, tried how long."""
