"""The run folder: written so that nothing is lost, verified, merged."""
