"""Slow generations as state machines in the database: submit → run or poll → settle → tell."""
