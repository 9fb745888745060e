"""What a model that only edits is told when a caller asks for a variation."""

INSTRUCTION = (
    "Make a variation of this picture: keep its subject, style and mood, "
    "and change the composition and the details."
)
