"""The training loop, its schedule and its learning rates."""
