"""The training step, in each of its implementations."""
