"""The /mj pages: submits become tasks, queries show them, pictures have signed links."""
