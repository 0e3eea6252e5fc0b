"""File formats of what tables hold, for other programs."""
