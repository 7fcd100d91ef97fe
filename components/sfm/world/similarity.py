"""Similarities between two sets of points, with little influence of single wrong ones.

The robust fit minimises the sum of distances by iteratively reweighted least squares. pycolmap's
`estimate_sim3d_robust` and `align_reconstruction_to_locations` need an inlier threshold in metres instead,
which differs between phones and surveys, and have no similarity that rotates about the vertical alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_ROUNDS = 20

SimilarityFit = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""From source [N, 3], target [N, 3] and weights [N] to a similarity [4, 4]."""


def robust(fit: SimilarityFit, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Similarity with the least sum of distances, so that single wrong positions have little influence."""
    weights = np.ones(len(source))
    for _ in range(_ROUNDS):
        transform = fit(source, target, weights / weights.sum())
        left = distances(transform, source, target)
        weights = 1.0 / np.maximum(left, 0.1 * np.median(left) + 1e-6)
    return transform


def similarity(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Similarity [4, 4] from source to target [N, 3] by weighted least squares (Umeyama 1991)."""
    source_mean, target_mean = weights @ source, weights @ target
    a, b = source - source_mean, target - target_mean
    u, strengths, vt = np.linalg.svd((weights[:, None] * b).T @ a)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (strengths @ signs) / (weights @ (a**2).sum(axis=1))
    return _transform(scale * (u * signs) @ vt, source_mean, target_mean)


def level_similarity(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Like `similarity`, from y down to z up, with a rotation about the vertical alone."""
    source_mean, target_mean = weights @ source, weights @ target
    a = (source - source_mean) @ [1.0, 0.0, 1.0j]
    b = (target - target_mean) @ [1.0, 1.0j, 0.0]
    turn = (weights @ (a.conj() * b)) / (weights @ np.abs(a) ** 2)
    c, s = turn.real, turn.imag
    matrix = np.array([[c, 0.0, -s], [s, 0.0, c], [0.0, -abs(turn), 0.0]])
    return _transform(matrix, source_mean, target_mean)


def _transform(matrix: np.ndarray, source_mean: np.ndarray, target_mean: np.ndarray) -> np.ndarray:
    transform = np.eye(4)
    transform[:3, :3] = matrix
    transform[:3, 3] = target_mean - matrix @ source_mean
    return transform


def distances(transform: np.ndarray, source: np.ndarray, target: np.ndarray, *, axes: int = 3) -> np.ndarray:
    """Between the transformed source and the target, [N], along the first `axes` of them."""
    left = source @ transform[:3, :3].T + transform[:3, 3] - target
    lengths: np.ndarray = np.linalg.norm(left[:, :axes], axis=1)
    return lengths
