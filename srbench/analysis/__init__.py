"""From rows to tables, comparisons, significance, latencies and changes: pandas, no terminal."""
