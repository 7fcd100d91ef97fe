"""What became of each photo, in words its photographer understands."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pycolmap

_FEW_FEATURES = 200
_FEW_MATCHES = 30


def image_verdicts(
    database: Path, names: list[str], model: pycolmap.Reconstruction | None
) -> list[dict[str, Any]]:
    """One entry per photo for `scene.json`, in order of name."""
    with pycolmap.Database.open(database) as opened:
        ids = {image.name: image.image_id for image in opened.read_all_images()}
        features = {name: opened.num_keypoints_for_image(ids[name]) if name in ids else 0 for name in names}
        matches = _best_matches(opened)
    errors = _errors(model) if model else {}
    return [_verdict(name, features[name], matches[ids.get(name, -1)], errors.get(name)) for name in names]


def _best_matches(database: pycolmap.Database) -> dict[int, int]:
    """The most verified matches that each image id has with any other."""
    best: dict[int, int] = defaultdict(int)
    for pair_id, count in zip(*database.read_two_view_geometry_num_inliers(), strict=True):
        pair = pair_id if isinstance(pair_id, tuple) else pycolmap.pair_id_to_image_pair(pair_id)
        for image_id in pair:
            best[image_id] = max(best[image_id], int(count))
    return best


def _errors(model: pycolmap.Reconstruction) -> dict[str, tuple[int, float]]:
    """Per registered photo: its points, and their mean reprojection error in pixels."""
    result = {}
    for image in model.images.values():
        if not image.has_pose:
            continue
        points = image.get_observation_points2D()
        errors = [model.points3D[point.point3D_id].error for point in points]
        result[image.name] = (len(points), float(np.mean(errors)) if errors else 0.0)
    return result


def _verdict(name: str, features: int, matches: int, registered: tuple[int, float] | None) -> dict[str, Any]:
    entry = {
        "name": name,
        "registered": registered is not None,
        "features": features,
        "best_matches": matches,
    }
    if registered:
        points, error = registered
        return {
            **entry,
            "verdict": "registered",
            "reason": "",
            "points": points,
            "reprojection_error_px": error,
        }
    verdict, reason = _why_not(features, matches)
    return {**entry, "verdict": verdict, "reason": reason, "points": 0, "reprojection_error_px": None}


def _why_not(features: int, matches: int) -> tuple[str, str]:
    if features < _FEW_FEATURES:
        return "few features", f"only {features} details found: blurred, dark, or a plain surface"
    if matches < _FEW_MATCHES:
        return "unmatched", f"at most {matches} details in common with any other photo: too little overlap"
    return (
        "other component",
        f"it fits some photos ({matches} details in common), but not those of the main scene",
    )
