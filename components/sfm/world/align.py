"""Alignment of a reconstruction with the positions of its photos: metres, north and height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.sfm.world.positions import PhotoPositions
from components.sfm.world.similarity import distances, level_similarity, robust, similarity

MIN_POSITIONS = 3
_MIN_SPREAD_M = 1.0
_MIN_SPREAD_MEASURED_M = 0.01
"""Of positions in a system of metres, which no receiver has written."""
_UNSTATED_M = 5.0
"""Accuracy of positions that do not state it, as of phones."""
_MIN_SPREAD = 10.0  # stated accuracies
_MAX_RESIDUAL = 0.2  # of the spread
_MAX_TILT_RAD = np.radians(2.0)
_OUTLIER = 5.0


@dataclass(frozen=True, slots=True)
class Alignment:
    """`enu_from_model` [4, 4], a similarity to metres east, north and up in the frame of `positions`."""

    enu_from_model: np.ndarray
    positions: PhotoPositions
    """Those that were used."""
    residuals_m: np.ndarray
    """Distance of each from the camera centre of its photo, [N]."""
    is_refined: bool = False
    """Whether the reconstruction was adjusted to the positions."""

    @property
    def residual_m(self) -> float:
        """The median."""
        return float(np.median(self.residuals_m))

    @property
    def outliers(self) -> np.ndarray:
        """Which residuals are above five times the median, and five times their stated accuracy: bool [N]."""
        stated = np.nan_to_num(stated_deviations(self.positions))
        mask: np.ndarray = self.residuals_m > _OUTLIER * np.maximum(self.residual_m + 1e-6, stated)
        return mask


class NotAlignedError(Exception):
    """Why positions are not used. Not a failure of the stage: the reason is recorded in `scene.json`."""


def stated_deviations(positions: PhotoPositions) -> np.ndarray:
    """Of the ground and the height together, [N], in metres; NaN where none is stated."""
    deviations: np.ndarray = np.hypot(positions.accuracies, positions.height_accuracies)
    return deviations


def align_to_positions(centers: np.ndarray, positions: PhotoPositions, leveled: np.ndarray) -> Alignment:
    """Fit camera centres [C, 3] of the model to the positions of their photos.

    Where those that are stated to be accurate to a metre fix the scale better than all, they alone are used.

    leveled: rotation [3, 3] of the model to y down. It decides the vertical, unless the residual of a full
    similarity is small beside the extent of the positions across their main direction: so it is in a drone
    survey, where all cameras look down.

    Raises:
        NotAlignedError: too few positions, too close together, or contradicting the reconstruction.
    """
    if len(positions) < MIN_POSITIONS:
        raise NotAlignedError(f"{len(positions)} photos have a position, {MIN_POSITIONS} are needed")
    positions = _most_precise(positions)
    spread, least = _spread(positions), _least_spread(positions)
    if spread < least:
        raise NotAlignedError(f"the positions spread by {spread:.1f} m, {least:g} m are needed")
    transform, residuals = _fit(centers[positions.photos], positions, leveled)
    residual = float(np.median(residuals))
    if residual > _MAX_RESIDUAL * spread:
        raise NotAlignedError(
            f"the positions disagree with the reconstruction by {residual:.1f} m over {spread:.1f} m"
        )
    return Alignment(transform, positions, residuals)


def _most_precise(positions: PhotoPositions) -> PhotoPositions:
    accurate = positions.accurate()
    if len(accurate) < MIN_POSITIONS or _scale_error(accurate) > _scale_error(positions):
        return positions
    return accurate


def _scale_error(positions: PhotoPositions) -> float:
    """About how far off the scale will be, as a fraction."""
    accuracy = float(np.median(np.nan_to_num(positions.accuracies, nan=_UNSTATED_M)))
    return accuracy / max(_spread(positions), 1e-9) / float(np.sqrt(len(positions)))


def _spread(positions: PhotoPositions) -> float:
    return float(np.linalg.norm(positions.metres[:, :2].std(axis=0)))


def _least_spread(positions: PhotoPositions) -> float:
    least = _MIN_SPREAD_M if positions.origin else _MIN_SPREAD_MEASURED_M
    return min(least, _MIN_SPREAD * (positions.accuracy_m or np.inf))


def _fit(
    centers: np.ndarray, positions: PhotoPositions, leveled: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The similarity [4, 4] and the residuals [N] in metres, along the ground where heights are not used."""
    metres = positions.metres if positions.has_heights else positions.metres * [1.0, 1.0, 0.0]
    if positions.has_heights and len(centers) > MIN_POSITIONS:
        transform = robust(similarity, centers, metres)
        residuals = distances(transform, centers, metres)
        across_main_direction = np.linalg.svd(metres - metres.mean(axis=0), compute_uv=False)[1]
        if np.median(residuals) < _MAX_TILT_RAD * across_main_direction:
            return transform, residuals
    upright = np.eye(4)
    upright[:3, :3] = leveled
    turned = centers @ leveled.T
    transform = robust(level_similarity, turned, metres)
    return transform @ upright, distances(transform, turned, metres, axes=2)
