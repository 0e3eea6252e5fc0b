"""How is a result shown in a notebook? Tables and comparisons as HTML, and progress."""
