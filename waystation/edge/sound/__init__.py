"""The audio routes: speech, transcriptions and translations."""
