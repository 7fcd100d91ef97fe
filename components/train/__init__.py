"""A posed scene becomes Gaussians."""
