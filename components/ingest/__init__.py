"""A capture from anywhere to a checked capture: every photo decoded, judged, and grouped by camera."""
