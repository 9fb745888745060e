"""One module a subject: its handlers, nothing about who may call them (`routes.py`)."""
