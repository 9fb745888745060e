"""Pictures drawn as tasks: the same orders that the picture routes answer at once."""
