"""What is known of a rendered capture: cameras, poses, and where the world is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pycolmap


@dataclass(frozen=True, slots=True)
class TrueView:
    """cam_from_world [3, 4] with COLMAP's axes; the camera is that of the photo's pixels as stored."""

    cam_from_world: np.ndarray
    camera: pycolmap.Camera

    @property
    def center(self) -> np.ndarray:
        """Camera centre [3], m."""
        return -self.cam_from_world[:, :3].T @ self.cam_from_world[:, 3]


@dataclass(frozen=True)
class Truth:
    """Views by the photos' names, in the order they were taken; world: metres, x east, y north, z up.

    gps_origin: latitude, longitude (degrees) and altitude (m) of the world's origin, where photos have GPS.
    parts: names of the photos of each connected scene; the poses of different parts have nothing in common.
    """

    views: dict[str, TrueView]
    gps_origin: tuple[float, float, float] | None = None
    parts: list[list[str]] = field(default_factory=list)

    def only(self, names: Iterable[str]) -> Truth:
        """The truth of some of the photos."""
        chosen = {name: self.views[name] for name in names}
        return replace(self, views=chosen, parts=[list(chosen)])

    @property
    def centers(self) -> np.ndarray:
        """Camera centres [C, 3], m."""
        return np.array([view.center for view in self.views.values()])

    @property
    def extent(self) -> float:
        """Diagonal of the box around all camera centres, m."""
        return float(np.linalg.norm(np.ptp(self.centers, axis=0)))
