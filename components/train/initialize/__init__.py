"""Gaussians before the first step."""
