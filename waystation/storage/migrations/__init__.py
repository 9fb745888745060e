"""Versions of the schema `main`; run by storage/migrate.py, never by hand."""
