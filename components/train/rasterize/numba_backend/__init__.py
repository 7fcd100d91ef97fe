"""The CPU rasterizer: numba kernels on numpy arrays; only `autograd` knows torch."""
