"""A text carried in a sound, so that it can be read back after lossy coding.

`sending` lays quiet tones over a speech, `receiving` finds them again; `frame` makes of the text
the bytes that are sent, with what it takes to mend them (`reed_solomon`). No look-up, no metadata:
what is read is what can be heard.
"""
