"""Densification: strategies that add, remove and move Gaussians, and bounds of Gaussians."""
