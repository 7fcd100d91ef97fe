"""How Gaussians come and go while training."""
