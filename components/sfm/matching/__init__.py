"""Which pairs of photos are matched, and their verified matches."""
