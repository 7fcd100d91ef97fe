"""Checkpoints, resuming, interruption, and retries with safer settings."""
