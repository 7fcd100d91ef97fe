"""Live metrics of a training, for the progress line and for Prometheus."""
