"""gpt-4-all and GPTs at the edge: files in, stored links out."""
