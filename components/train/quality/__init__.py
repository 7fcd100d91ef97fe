"""Quality measured on held-out views, divergence, and removal of invisible Gaussians."""
