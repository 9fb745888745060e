"""Requests for pictures in all their forms, and the replies in the form that was asked in."""
