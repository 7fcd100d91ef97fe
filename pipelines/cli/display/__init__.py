"""Output on a terminal and as plain lines: progress, tables, summaries."""
