"""Procedural textures with fine, band-limited, non-repeating detail, as float sRGB in [0, 1]."""
