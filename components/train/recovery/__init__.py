"""Checkpoints, resuming, interruption, and retries with a smaller budget or lower learning rates."""
