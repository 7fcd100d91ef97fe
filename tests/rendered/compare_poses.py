"""Errors of reconstructed poses against the truth, after the best similarity transform."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycolmap

from tests.rendered.truth import Truth


@dataclass(frozen=True, slots=True)
class PoseErrors:
    """Errors over the registered photos that the truth has, in its order.

    rotation_degrees [C] and position_fractions [C]: the latter of the extent of all true camera centres.
    scale: metres of the truth for one unit of the reconstruction; NaN where all cameras are on one spot.
    """

    registered_fraction: float
    rotation_degrees: np.ndarray
    position_fractions: np.ndarray
    scale: float

    def __str__(self) -> str:
        rotation, position = self.rotation_degrees, 100 * self.position_fractions
        return (
            f"{100 * self.registered_fraction:.1f} % registered, "
            f"rotation mean {rotation.mean():.4f}° max {rotation.max():.3f}°, "
            f"position median {np.median(position):.4f} % p95 {np.percentile(position, 95):.4f} %, "
            f"{self.scale:.5f} m a unit"
        )


def compare_poses(reconstructed: pycolmap.Reconstruction | Path, truth: Truth) -> PoseErrors:
    """Compare a model, or the folder of a model or of a scene (with `sparse/`), with the truth.

    Raises:
        ValueError: no photo of the truth has a pose.
    """
    found = _poses(reconstructed)
    poses = {name: found[name] for name in truth.views if name in found}
    if not poses:
        raise ValueError("none of the true photos has a pose")
    estimated = np.array(list(poses.values()))
    true = np.array([truth.views[name].cam_from_world for name in poses])
    rotation = _mean_rotation(np.einsum("cji,cjk->ik", true[:, :, :3], estimated[:, :, :3]))
    turned = estimated[:, :, :3] @ rotation.T
    scale, residuals = _fit_centers(_centers(estimated) @ rotation.T, _centers(true))
    return PoseErrors(
        registered_fraction=len(poses) / len(truth.views),
        rotation_degrees=_angles(turned, true[:, :, :3]),
        position_fractions=np.linalg.norm(residuals, axis=1) / max(truth.extent, 1e-12),
        scale=scale,
    )


def _poses(reconstructed: pycolmap.Reconstruction | Path) -> dict[str, np.ndarray]:
    if isinstance(reconstructed, Path):
        sparse = reconstructed / "sparse"
        reconstructed = pycolmap.Reconstruction(str(sparse if sparse.is_dir() else reconstructed))
    images = (image for image in reconstructed.images.values() if image.has_pose)
    return {image.name: np.asarray(image.cam_from_world().matrix()) for image in images}


def _mean_rotation(summed: np.ndarray) -> np.ndarray:
    """The rotation closest to a sum of rotations: fixed by orientations even where centres are on a line."""
    u, _, vt = np.linalg.svd(summed)
    return u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt


def _fit_centers(estimated: np.ndarray, true: np.ndarray) -> tuple[float, np.ndarray]:
    """Least-squares scale, and what remains [C, 3] in true units."""
    source, target = estimated - estimated.mean(axis=0), true - true.mean(axis=0)
    power = float(np.sum(source**2))
    scale = float(np.sum(source * target)) / power if power > 1e-12 else float("nan")
    return scale, target - np.nan_to_num(scale) * source


def _centers(poses: np.ndarray) -> np.ndarray:
    return -np.einsum("cji,cj->ci", poses[:, :, :3], poses[:, :, 3])


def _angles(rotations: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Angles in degrees, from the chord, which is precise near zero."""
    chord = np.linalg.norm(rotations - others, axis=(1, 2)) / np.sqrt(8.0)
    return np.degrees(2.0 * np.arcsin(np.minimum(1.0, chord)))
