"""What computes a run: methods in worker processes, on this machine or on a Dask cluster."""
