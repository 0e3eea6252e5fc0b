"""Reports: tables drawn for people. Reads tables; computes no score."""
