"""OpenAI's older and smaller calls, native lane: completions, embeddings, moderations."""
