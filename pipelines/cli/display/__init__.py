"""Progress, tables and summaries, on a terminal and as plain lines."""
