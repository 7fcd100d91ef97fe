"""GPS positions as metres."""

from __future__ import annotations

import numpy as np
import pycolmap

from components.shared.contracts.capture import Gps


def local_metres(positions: list[Gps]) -> np.ndarray:
    """Metres east, north and up of the first position, [N, 3], by WGS 84; a missing altitude counts as 0."""
    degrees = [[gps.latitude, gps.longitude, gps.altitude_m or 0.0] for gps in positions]
    enu: np.ndarray = pycolmap.GPSTransform().ellipsoid_to_enu(np.array(degrees), *degrees[0])
    return enu
