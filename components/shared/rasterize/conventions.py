"""Constants of all backends, so that they render the same image: those of gsplat 1.5.3, classic mode."""

EPS2D = 0.3
"""Variance added to each projected Gaussian, px²: none is thinner than about a pixel."""

NEAR_PLANE = 0.01
"""Gaussians whose centre is nearer are culled, scene units."""

ALPHA_MIN = 1.0 / 255.0
"""A Gaussian does not touch pixels where its alpha is lower."""

ALPHA_MAX = 0.999
"""Alpha is clamped here, and its gradient is zero beyond."""

TRANSMITTANCE_MIN = 1e-4
"""A Gaussian that would bring a pixel's transmittance to this or lower ends the pixel, uncomposited."""

FIELD_OF_VIEW_MARGIN = 0.3
"""The Jacobian is evaluated at most this part of tan(half field of view) outside the image."""

EXTENT_MAX_SIGMAS = 3.33
"""Radius of the most opaque Gaussians: there exp(-r²/2) falls below ALPHA_MIN."""

SH_C0 = 0.28209479177387814
"""Spherical harmonic of degree 0, a constant: RGB = 0.5 + SH_C0 * sh0."""

SH_C1 = 0.4886025119029199
"""Factor of the three spherical harmonics of degree 1, with the signs of 3DGS: -y, z, -x."""

SH_C2 = 1.0925484305920792
"""Degree 2: factor of xy, -yz, -xz."""
SH_C2_Z = 0.31539156525252005
"""Degree 2: factor of 2z² - x² - y²."""
SH_C2_XY = 0.5462742152960396
"""Degree 2: factor of x² - y²."""

SH_C3 = 0.5900435899266435
"""Degree 3: factor of -y(3x² - y²), -x(x² - 3y²)."""
SH_C3_XYZ = 2.890611442640554
"""Degree 3: factor of xyz."""
SH_C3_Z = 0.4570457994644658
"""Degree 3: factor of -y(4z² - x² - y²), -x(4z² - x² - y²)."""
SH_C3_ZZ = 0.3731763325901154
"""Degree 3: factor of z(2z² - 3x² - 3y²)."""
SH_C3_XY = 1.445305721320277
"""Degree 3: factor of z(x² - y²)."""
