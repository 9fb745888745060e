"""The control plane: everything on the public address that is not the relay."""
