"""Worker processes that may crash, hang, leak or fork without affecting others."""
