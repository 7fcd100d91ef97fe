"""Which point of a model each feature of an image is."""

from __future__ import annotations

import numpy as np
import pycolmap

NO_POINT = -1


def point_ids(image: pycolmap.Image) -> np.ndarray:
    """Ids of points, int64 [N], by feature of `image`; NO_POINT for features that are no point."""
    ids = [point.point3D_id if point.has_point3D() else NO_POINT for point in image.points2D]
    return np.array(ids, np.int64)
