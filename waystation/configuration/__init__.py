"""The configuration of `main` on its way into a process: read, made into a snapshot, kept fresh."""
