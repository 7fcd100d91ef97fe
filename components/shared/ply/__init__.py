"""Gaussians of ply files: the standard layout, its dialects, SuperSplat's compressed one. See README.md."""
