"""Is a method what its author believes? The contract, and what goes wrong beside it."""
