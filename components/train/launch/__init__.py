"""Training on several GPUs of one machine."""
