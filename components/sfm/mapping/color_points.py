"""Colors of points, from the colors of the keypoints that observe them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pycolmap

from components.sfm.features_of import NO_POINT, features_of


def color_points(model: pycolmap.Reconstruction, colors: Mapping[int, np.ndarray]) -> None:
    """Give each point the mean color of its observations; colors: by image id, [N, 3] of its keypoints."""
    ids = np.array(sorted(model.points3D), np.int64)
    sums, counts = np.zeros((len(ids), 3)), np.zeros(len(ids))
    for image_id, features in features_of(model).items():
        is_point = features["point"] != NO_POINT
        rows = np.searchsorted(ids, features["point"][is_point])
        np.add.at(sums, rows, colors[image_id][is_point])
        np.add.at(counts, rows, 1)
    means = np.rint(sums / counts.clip(1)[:, None]).astype(np.uint8)
    for id_, color in zip(ids, means, strict=True):
        model.points3D[int(id_)].color = color
