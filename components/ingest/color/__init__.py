"""Colours of photos and films as sRGB."""
