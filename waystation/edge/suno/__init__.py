"""Suno at the edge: the task pages, the façade, songs over chat."""
