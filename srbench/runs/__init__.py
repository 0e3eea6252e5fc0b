"""Runs: from a plan to rows on disk, one at a time, so that nothing computed is lost."""
