"""Training: a posed scene in, Gaussians out."""
