"""PLAS, Parallel Linear Assignment Sorting: arranges Gaussians in a picture whose neighbors are alike.

An own implementation of the algorithm in Morgenstern et al., "Compact 3D Scene Representation via
Self-Organizing Gaussian Grids", 2023: `sort` has the rounds, a grid for each device has the arithmetic.
"""
