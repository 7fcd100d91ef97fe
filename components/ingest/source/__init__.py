"""Where a capture comes from: folders, archives, object stores; which of its files are photos."""
