"""Prices as others say them, held against ours: nothing is taken over unasked."""
