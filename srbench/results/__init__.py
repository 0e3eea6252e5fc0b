"""Results: rows as facts, the tables derived from them, and the literature's tables beside them."""
