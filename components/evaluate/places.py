"""The places that photos were taken from, each with one look: views of one photo share their place."""

from __future__ import annotations

import numpy as np

from components.evaluate.look_at import LookAt, look_at
from components.shared.scene import UP, Camera, Scene

_SAME = 1e-6
"""Distance of centres that are one place, as a fraction of the extent of all of them."""
_ALL_AROUND = 0.3
"""Length of the mean of the directions of views below which they look all around."""
_MIN_DEPTH = 1e-3


def looks(scene: Scene) -> list[LookAt]:
    """One look at each place, in the order of the photos.

    Where one photo has several views it is their mean direction; where they look all around, level along the
    way.
    """
    places = _places(scene)
    centers = np.array([cameras[0].center for cameras in places])
    return [_look(scene, cameras, _way(centers, index)) for index, cameras in enumerate(places)]


def subject_depth(scene: Scene, camera: Camera) -> float:
    """Median depth of the points that the camera sees; if it sees none, their median distance.

    Without points the depth of the world's origin, on which scenes are centred.
    """
    if not len(scene.points):
        ahead = float(camera.viewmat[2, 3])
        return ahead if ahead > 0 else max(float(np.linalg.norm(camera.center)), _MIN_DEPTH)
    pixels, depths = camera.project(scene.points)
    inside = (depths > 0) & np.all((pixels >= 0) & (pixels < (camera.width, camera.height)), axis=1)
    if inside.any():
        return float(np.median(depths[inside]))
    return float(np.median(np.linalg.norm(scene.points - camera.center, axis=1)))


def _places(scene: Scene) -> list[list[Camera]]:
    """Cameras in the order of their photos; those of neighbours on one spot are together."""
    centers = np.array([view.camera.center for view in scene.views])
    limit = _SAME * float(np.linalg.norm(np.ptp(centers, axis=0)))
    places: list[list[Camera]] = []
    for index, view in enumerate(scene.views):
        if index and np.linalg.norm(centers[index] - centers[index - 1]) < limit:
            places[-1].append(view.camera)
        else:
            places.append([view.camera])
    return places


def _look(scene: Scene, cameras: list[Camera], way: np.ndarray) -> LookAt:
    looks = [look_at(camera, subject_depth(scene, camera)) for camera in cameras]
    if len(looks) == 1:
        return looks[0]
    mean = np.mean([camera.viewmat[2, :3] for camera in cameras], axis=0)
    level = way - (way @ UP) * UP
    if np.linalg.norm(mean) < _ALL_AROUND and np.linalg.norm(level) > 0:
        mean = level
    forward = mean / max(float(np.linalg.norm(mean)), _SAME)
    depth = float(np.median([np.linalg.norm(look.target - look.position) for look in looks]))
    position = looks[0].position
    return LookAt(position, position + depth * forward, looks[0].tan_x, looks[0].tan_y)


def _way(centers: np.ndarray, index: int) -> np.ndarray:
    """From the place before to the place after; centers [N, 3]."""
    return np.asarray(centers[min(index + 1, len(centers) - 1)] - centers[max(index - 1, 0)])
