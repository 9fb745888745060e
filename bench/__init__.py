"""The benchmark: the relay beside nginx, on the same machine in the same run. See `__main__`."""
