"""Camera poses and points from matches."""
