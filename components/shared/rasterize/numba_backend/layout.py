"""Columns of `splats2d`, the projected Gaussians that the later kernels read, one row each.

Gradients to it have the first GRADIENT_COLUMNS columns.
"""

X, Y = 0, 1
"""Centre, px."""

A, B, C = 2, 3, 4
"""Inverse covariance [[A, B], [B, C]], 1/px²."""

OPACITY = 5

RED, GREEN, BLUE = 6, 7, 8
"""Colour seen from this camera, not negative."""

REACH = 9
"""Squared Mahalanobis distance within which alpha may reach ALPHA_MIN, with a margin."""

COLUMNS = 10
GRADIENT_COLUMNS = 9

TILE = 16
"""Side of a tile, px."""
