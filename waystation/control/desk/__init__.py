"""The console's API, `/api/v1/…`: each action is declared once, and served and documented by it."""
