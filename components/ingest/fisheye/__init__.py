"""Photos of fisheye lenses: which they are, and what is known of the lens."""
