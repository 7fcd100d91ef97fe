"""The positions of photos, from GPS or a table, as metres in one frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from components.sfm.capture import CapturePhoto
from components.sfm.world.gps import local_metres
from components.shared.contracts.capture import Gps, MetricPosition
from components.shared.contracts.scene import Vector3

MAX_ACCURATE_M = 1.0
"""Stated accuracy up to which positions say more than the photos do of the shape of the whole."""
_VERTICAL = 2.0
"""Ratio of the standard deviations up and along the ground, where only the latter is stated."""


@dataclass(frozen=True, slots=True)
class PhotoPositions:
    """Positions of some photos: metres east, north and up of `origin`, or of `offset` in system `epsg`."""

    photos: list[int]
    """Which photo each is of, as an index into the list that was given."""
    metres: np.ndarray
    """[N, 3]; the height is 0 where it is not known."""
    accuracies: np.ndarray
    """Stated standard deviations along the ground, [N], in metres; NaN where there is none."""
    height_accuracies: np.ndarray
    """The same for the height, [N]."""
    heights_known: np.ndarray
    """Which have a height, bool [N]."""
    origin: Gps | None = None
    offset: Vector3 | None = None
    epsg: int | None = None

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def has_heights(self) -> bool:
        """Whether all have a height."""
        return bool(self.heights_known.all())

    @property
    def accuracy_m(self) -> float | None:
        """The median of the stated accuracies along the ground; None unless all are stated."""
        known = len(self) > 0 and not np.isnan(self.accuracies).any()
        return float(np.median(self.accuracies)) if known else None

    def accurate(self) -> PhotoPositions:
        """Those with a stated accuracy of a metre or better."""
        return self.where(self.accuracies <= MAX_ACCURATE_M)

    def where(self, kept: np.ndarray) -> PhotoPositions:
        """Those at the positions where the mask [N] is true."""
        return replace(
            self,
            photos=[photo for photo, keep in zip(self.photos, kept, strict=True) if keep],
            metres=self.metres[kept],
            accuracies=self.accuracies[kept],
            height_accuracies=self.height_accuracies[kept],
            heights_known=self.heights_known[kept],
        )


def positions_of(photos: list[CapturePhoto]) -> PhotoPositions:
    """Those of a table in metres if any photo has one, else GPS."""
    metric = [(index, photo.position) for index, photo in enumerate(photos) if photo.position]
    if metric:
        return _metric([index for index, _ in metric], [position for _, position in metric])
    gps = [(index, photo.gps) for index, photo in enumerate(photos) if photo.gps]
    return _gps([index for index, _ in gps], [position for _, position in gps])


def positions_of_frames(photos: list[CapturePhoto]) -> PhotoPositions:
    """Like `positions_of`, with one position for all views of a 360° photo."""
    positions = positions_of(photos)
    frames = [photos[index].frame for index in positions.photos]
    _, first = np.unique(frames, return_index=True)
    return positions.where(np.isin(np.arange(len(positions)), first))


def _metric(photos: list[int], positions: list[MetricPosition]) -> PhotoPositions:
    metres = np.array([[each.x_m, each.y_m, each.z_m or 0.0] for each in positions])
    x, y, z = np.floor(metres[0]).tolist()
    accuracies, height_accuracies = _accuracies(positions)
    return PhotoPositions(
        photos=photos,
        metres=metres - (x, y, z),
        accuracies=accuracies,
        height_accuracies=height_accuracies,
        heights_known=np.array([each.z_m is not None for each in positions]),
        offset=(x, y, z),
        epsg=positions[0].epsg,
    )


def _gps(photos: list[int], positions: list[Gps]) -> PhotoPositions:
    accuracies, height_accuracies = _accuracies(positions)
    return PhotoPositions(
        photos=photos,
        metres=local_metres(positions) if positions else np.zeros((0, 3)),
        accuracies=accuracies,
        height_accuracies=height_accuracies,
        heights_known=np.array([gps.altitude_m is not None for gps in positions], bool),
        origin=_place(positions[0]) if positions else None,
    )


def _place(gps: Gps) -> Gps:
    return Gps(latitude=gps.latitude, longitude=gps.longitude, altitude_m=gps.altitude_m or 0.0)


def _accuracies(positions: list[Gps] | list[MetricPosition]) -> tuple[np.ndarray, np.ndarray]:
    """Along the ground and up."""
    ground = np.array([each.accuracy_m or np.nan for each in positions])
    stated = np.array([each.altitude_accuracy_m or np.nan for each in positions])
    return ground, np.where(np.isnan(stated), _VERTICAL * ground, stated)
