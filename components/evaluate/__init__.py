"""Measures what is delivered, and presents it: report, viewer, thumbnail, fly-through."""
