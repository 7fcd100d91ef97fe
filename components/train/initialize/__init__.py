"""Initial Gaussians."""
