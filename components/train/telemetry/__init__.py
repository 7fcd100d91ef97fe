"""Metrics of a training under way, for Prometheus."""
