"""Backups, restoring them, and moving from SQLite to PostgreSQL."""
