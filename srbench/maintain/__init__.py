"""Tools on run folders: verify one, merge several, compare two."""
