"""Frames of a film as photos."""
