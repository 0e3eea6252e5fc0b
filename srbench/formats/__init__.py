"""File formats of what tables hold, for other programs, and numbers as they are printed."""
