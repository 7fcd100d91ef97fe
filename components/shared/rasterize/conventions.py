"""The numbers all backends share, so that they draw the same picture: those of gsplat 1.5.3, classic mode."""

EPS2D = 0.3
"""Variance added to each projected Gaussian, px²: none is thinner than about a pixel."""

NEAR_PLANE = 0.01
"""Gaussians whose centre is nearer are culled, scene units."""

ALPHA_MIN = 1.0 / 255.0
"""A Gaussian does not touch pixels where its alpha is lower."""

ALPHA_MAX = 0.999
"""Alpha is clamped here, and its gradient is zero beyond."""

TRANSMITTANCE_MIN = 1e-4
"""A Gaussian that would bring a pixel's transmittance to this or lower ends that pixel, undrawn."""

FIELD_OF_VIEW_MARGIN = 0.3
"""The Jacobian is evaluated at most this part of tan(half field of view) outside the image."""

EXTENT_MAX_SIGMAS = 3.33
"""Radius of the most opaque Gaussians: there exp(-r²/2) falls below ALPHA_MIN."""

SH_C0 = 0.28209479177387814
"""Spherical harmonic of degree 0, a constant: RGB = 0.5 + SH_C0 * sh0."""
