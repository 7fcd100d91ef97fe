"""Pose errors of a reconstruction against ground truth, after the best similarity transform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class PoseError:
    """Medians over the compared cameras, after the best similarity transform."""

    rotation_degrees: float
    center_fraction: float
    """Distance between estimated and true camera centre, as a fraction of the camera span."""


def align_similarity(
    source_centers: np.ndarray, target_centers: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Scale, rotation [3, 3] and translation [3] with target ≈ scale · R @ source + t (Umeyama 1991).

    Raises:
        ValueError: fewer than three points, or all on one line: the rotation is not determined.
    """
    source_mean, target_mean = source_centers.mean(axis=0), target_centers.mean(axis=0)
    source, target = source_centers - source_mean, target_centers - target_mean
    u, strengths, vt = np.linalg.svd(target.T @ source / len(source))
    if len(source) < 3 or strengths[1] <= 1e-9 * strengths[0]:
        raise ValueError(f"{len(source)} camera centres on one line do not determine a rotation")
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ (signs[:, None] * vt)
    scale = float(strengths @ signs / np.mean(np.sum(source**2, axis=1)))
    return scale, rotation, target_mean - scale * rotation @ source_mean


def pose_error(viewmats: np.ndarray, true_viewmats: np.ndarray, *, camera_span: float) -> PoseError:
    """Error of cam_from_world [C, 4, 4] against the true ones; `camera_span` in true units."""
    centers, true_centers = camera_centers(viewmats), camera_centers(true_viewmats)
    scale, rotation, translation = align_similarity(centers, true_centers)
    residuals = scale * centers @ rotation.T + translation - true_centers
    return PoseError(
        rotation_degrees=float(
            np.median(_angles(viewmats[:, :3, :3] @ rotation.T, true_viewmats[:, :3, :3]))
        ),
        center_fraction=float(np.median(np.linalg.norm(residuals, axis=1)) / camera_span),
    )


def camera_centers(viewmats: np.ndarray) -> np.ndarray:
    """Camera centres [C, 3] in the world, of cam_from_world [C, 4, 4]."""
    return -np.einsum("cji,cj->ci", viewmats[:, :3, :3], viewmats[:, :3, 3])


def _angles(rotations: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Angles [C] between rotations [C, 3, 3], degrees; from the chord, which is precise near zero."""
    chord = np.linalg.norm(rotations - others, axis=(1, 2)) / np.sqrt(8.0)
    return np.degrees(2.0 * np.arcsin(np.minimum(1.0, chord)))
