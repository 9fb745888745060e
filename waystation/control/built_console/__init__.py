"""The web console as it was built: its files, and the headers that they are sent with."""
