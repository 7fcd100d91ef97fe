"""Gaussians as OpenUSD's `ParticleField3DGaussianSplat`: .usdz, .usdc and .usda."""
