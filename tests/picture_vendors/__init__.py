"""The picture vendors, each in conversation with a scripted server on loopback."""
