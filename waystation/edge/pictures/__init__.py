"""The picture path: forms in, pictures drawn by a vendor, stored, answered and settled."""
