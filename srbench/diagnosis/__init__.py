"""Why does a score not say what it should? What is known of conventions, LR and the SR images themselves."""
