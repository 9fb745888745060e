"""The demo's voice and ear: real speech, and the text read back out of it."""
