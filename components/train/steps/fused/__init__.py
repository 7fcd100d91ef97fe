"""A training step in a handful of Triton kernels around gsplat's rasterizer, for CUDA devices."""
