"""Photos that the global mapper put in a wrong place: found by matches, placed by the others' points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.features_of import NO_POINT, features_of
from components.sfm.mapping.consistency import Agreement, verified_matches

_MISPLACED = 0.25
"""Of a photo's matches. Photos in their place had 0.53 to 0.99 (bonsai, every 4th photo of it, castle,
rendered captures), misplaced ones 0.02."""


def misplaced_frames(model: pycolmap.Reconstruction, agreement: Agreement) -> list[int]:
    """Ids of the frames that few of their matches agree with.

    None if they are half of the model or more: nothing tells then which half is right.
    """
    images = {frame: [data.id for data in model.frames[frame].image_ids] for frame in model.reg_frame_ids()}
    found = [frame for frame, ids in images.items() if agreement.of(ids) < _MISPLACED]
    return found if 2 * len(found) < len(images) else []


def place_again(
    model: pycolmap.Reconstruction, frames: list[int], database: Path, *, min_inliers: int, seed: int
) -> None:
    """Give frames the pose that the points of all other photos tell, in place.

    min_inliers: points that have to agree with it, as for a photo that the incremental mapper registers.
    Where fewer do, the frame keeps its pose: photos that are placed now may tell another later.
    """
    wrong = {data.id for frame in frames for data in model.frames[frame].image_ids}
    seen = _points_seen(model, wrong, database)
    for frame in frames:
        ids = [data.id for data in model.frames[frame].image_ids]
        best = max(ids, key=lambda image_id: len(seen[image_id]))
        pose = _pose(model, best, seen[best], min_inliers, seed)
        if pose is not None:
            model.frames[frame].set_cam_from_world(model.images[best].camera_id, pose)


def _points_seen(
    model: pycolmap.Reconstruction, wrong: set[int], database: Path
) -> dict[int, set[tuple[int, int]]]:
    """By wrong photo: its features, each with a point that a match says it is."""
    right = {photo: features["point"] for photo, features in features_of(model).items() if photo not in wrong}
    seen: dict[int, set[tuple[int, int]]] = {image_id: set() for image_id in wrong}
    for first, second, rows in verified_matches(database):
        for photo, other, features in ((first, second, rows), (second, first, rows[:, ::-1])):
            if photo in wrong and other in right:
                ids = right[other][features[:, 1]]
                known = ids != NO_POINT
                seen[photo].update(zip(features[known, 0].tolist(), ids[known].tolist(), strict=True))
    return seen


def _pose(
    model: pycolmap.Reconstruction,
    image_id: int,
    seen: set[tuple[int, int]],
    min_inliers: int,
    seed: int,
) -> pycolmap.Rigid3d | None:
    """cam_from_world; None if too few points agree."""
    if len(seen) < min_inliers:
        return None
    image = model.images[image_id]
    features, ids = zip(*sorted(seen), strict=True)
    options = pycolmap.AbsolutePoseEstimationOptions()
    options.ransac.random_seed = seed
    found = pycolmap.estimate_and_refine_absolute_pose(
        np.array([image.points2D[feature].xy for feature in features]),
        np.array([model.points3D[point].xyz for point in ids]),
        model.cameras[image.camera_id],
        estimation_options=options,
    )
    return found["cam_from_world"] if found and found["num_inliers"] >= min_inliers else None
