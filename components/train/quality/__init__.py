"""Quality on held-out photos, detection of divergence, pruning."""
