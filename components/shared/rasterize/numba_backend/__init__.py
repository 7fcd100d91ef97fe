"""The CPU rasterizer: numba kernels on numpy arrays; `autograd` alone imports torch."""
