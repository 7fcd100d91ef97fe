"""Device memory: forecast and budget."""
