"""A training step in own Triton kernels, for CUDA devices."""
