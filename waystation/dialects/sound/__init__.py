"""Speech out of text and text out of speech: OpenAI's three audio calls."""
