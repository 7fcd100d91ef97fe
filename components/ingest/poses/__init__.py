"""Poses, intrinsics and points that come with a capture."""
