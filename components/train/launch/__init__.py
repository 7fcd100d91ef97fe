"""Training on several GPUs of one node: see the README's part of that name."""
