"""The run folder: rows in a journal, its lock, and pictures."""
