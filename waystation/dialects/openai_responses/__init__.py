"""OpenAI's Responses: `input` items in, `output` items out, typed events in between."""
