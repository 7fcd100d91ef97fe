"""Masses, moments and pairwise merging of Gaussians.

A Gaussian is taken as its shadows along the three axes of the world: 2D Gaussians of the covariance without
that axis. Products of 2D Gaussians integrate in closed form, so that what a merge changes in these three
pictures is a formula, without rendering.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from components.shared.rasterize.conventions import SH_C0
from components.shared.splats import Splats, logits_of_opacities, opacities_of_logits

AXES = ((0, 1), (1, 2), (2, 0))
"""Rows of the 3D covariance in each shadow."""
_MAX_OPACITY = 0.998
_MIN_VARIANCE = 1e-16
_TAU = 2.0 * np.pi


@dataclass(slots=True)
class Moments:
    """What merging needs of N Gaussians, float64.

    means [N, 3]; covariances [N, 3, 3]; opacities [N] in [0, 1]; colors [N, 3·(1 + K)] = f_dc and f_rest.
    """

    means: np.ndarray
    covariances: np.ndarray
    opacities: np.ndarray
    colors: np.ndarray

    def __len__(self) -> int:
        return len(self.means)

    @classmethod
    def of(cls, splats: Splats) -> Moments:
        """Of Gaussians with finite values."""
        colors = np.concatenate([splats.sh0, splats.shN.reshape(len(splats), -1)], axis=1)
        return cls(
            splats.means.astype(np.float64),
            covariances_of(splats),
            opacities_of_logits(splats.opacities),
            colors.astype(np.float64),
        )

    def to_splats(self, *, antialiased: bool) -> Splats:
        variances, axes = np.linalg.eigh(self.covariances)
        axes[:, :, 0] *= np.sign(np.linalg.det(axes))[:, None]  # a rotation, not a reflection
        colors = self.colors.astype(np.float32)
        return Splats(
            means=self.means.astype(np.float32),
            quats=Rotation.from_matrix(axes).as_quat(scalar_first=True).astype(np.float32),
            scales=(0.5 * np.log(np.maximum(variances, _MIN_VARIANCE))).astype(np.float32),
            opacities=logits_of_opacities(np.minimum(self.opacities, _MAX_OPACITY)),
            sh0=colors[:, :3],
            shN=colors[:, 3:].reshape(len(self), -1, 3),
            antialiased=antialiased,
        )

    def select(self, index: np.ndarray) -> Moments:
        return Moments(self.means[index], self.covariances[index], self.opacities[index], self.colors[index])


def covariances_of(splats: Splats) -> np.ndarray:
    """Covariances float64 [N, 3, 3]."""
    no_rotation = ~splats.quats.any(axis=1, keepdims=True)
    quats = np.where(no_rotation, np.array([1, 0, 0, 0], np.float32), splats.quats)
    axes = Rotation.from_quat(quats, scalar_first=True).as_matrix()
    scaled: np.ndarray = axes * np.exp(splats.scales.astype(np.float64))[:, None, :]
    return scaled @ scaled.transpose(0, 2, 1)


def half_extents(splats: Splats) -> np.ndarray:
    """Half the sides of the boxes around one standard deviation, [N, 3]."""
    return np.sqrt(np.diagonal(covariances_of(splats), axis1=1, axis2=2))


def concatenate(first: Moments, second: Moments) -> Moments:
    """All Gaussians of both."""
    return Moments(
        *(np.concatenate([getattr(first, name), getattr(second, name)]) for name in Moments.__slots__)
    )


def merge_pairs(first: Moments, second: Moments) -> Moments:
    """One Gaussian for each pair, with the mean, covariance and color of both together.

    Its opacity keeps the sum of optical depth times area, as optical depths add where Gaussians cover each
    other. In renders of a ninth of the Gaussians this gains 0.4 dB over keeping opacity times area.
    """
    share = _shares(first, second)
    between = first.means - second.means
    spread = (share * (1 - share))[..., None] * between[:, :, None] * between[:, None, :]
    covariances = share[..., None] * first.covariances + (1 - share)[..., None] * second.covariances + spread
    depth = sum(_depths(each) * _areas(each.covariances) for each in (first, second))
    return Moments(
        share * first.means + (1 - share) * second.means,
        covariances,
        -np.expm1(-depth / _areas(covariances)),
        share * first.colors + (1 - share) * second.colors,
    )


def overlaps(first: Moments, second: Moments) -> np.ndarray:
    """Integral of the product of both Gaussians of each pair in each of the three shadows, [3, N]."""
    between = first.means - second.means
    return np.stack(
        [
            first.opacities
            * second.opacities
            * _product(first.covariances, second.covariances, between, rows)
            for rows in AXES
        ]
    )


def merge_errors(first: Moments, second: Moments) -> np.ndarray:
    """Squared difference, [N], between the shadows of each pair and those of its merged Gaussian.

    Pictures have the three colors and, as a fourth channel, what covers the background.
    """
    merged = merge_pairs(first, second)
    parts = [(first, 1.0), (second, 1.0), (merged, -1.0)]
    error = np.zeros(len(first))
    for index, (a, sign_a) in enumerate(parts):
        for b, sign_b in parts[index:]:
            factor = (1.0 if a is b else 2.0) * sign_a * sign_b
            error += factor * overlaps(a, b).sum(axis=0) * (1.0 + np.sum(_shades(a) * _shades(b), axis=1))
    return np.maximum(error, 0.0)


def _shades(moments: Moments) -> np.ndarray:
    """Colors in [0, 1] without their dependence on the view, [N, 3]."""
    return np.clip(0.5 + SH_C0 * moments.colors[:, :3], 0.0, 1.0)


def _shares(first: Moments, second: Moments) -> np.ndarray:
    """What the first of each pair has of the opacity times area of both, [N, 1]."""
    masses = [each.opacities * _areas(each.covariances) for each in (first, second)]
    return (masses[0] / np.maximum(masses[0] + masses[1], np.finfo(np.float64).tiny))[:, None]


def _depths(moments: Moments) -> np.ndarray:
    """Optical depth at the center, [N]: the opacity is 1 - exp(-depth)."""
    return -np.log1p(-np.minimum(moments.opacities, _MAX_OPACITY))


def _areas(covariances: np.ndarray) -> np.ndarray:
    """Integrals of unit Gaussians over the three shadows, summed, [N]."""
    return _TAU * sum(np.sqrt(_determinant(covariances, rows)) for rows in AXES)


def _determinant(covariances: np.ndarray, rows: tuple[int, int]) -> np.ndarray:
    i, j = rows
    determinant = covariances[:, i, i] * covariances[:, j, j] - covariances[:, i, j] ** 2
    return np.maximum(determinant, _MIN_VARIANCE**2)


def _product(a: np.ndarray, b: np.ndarray, between: np.ndarray, rows: tuple[int, int]) -> np.ndarray:
    """Integral of the product of two 2D Gaussians of height 1, [N]."""
    i, j = rows
    both = a + b
    determinant = _determinant(both, rows)
    x, y = between[:, i], between[:, j]
    quadratic = x * x * both[:, j, j] - 2 * x * y * both[:, i, j] + y * y * both[:, i, i]
    height = np.sqrt(_determinant(a, rows) * _determinant(b, rows) / determinant)
    return _TAU * height * np.exp(-0.5 * np.maximum(quadratic, 0.0) / determinant)
