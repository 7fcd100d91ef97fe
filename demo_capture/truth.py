"""Ground truth of a rendered capture: cameras and geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from components.shared.files import read_json, write_json
from components.shared.scene import Camera
from demo_capture.align import PoseError, camera_centers, pose_error
from demo_capture.geometry import Geometry, build_geometry
from demo_capture.scene import build_scene

_SCHEMA = 1


@dataclass(frozen=True)
class DemoTruth:
    """Sorted names of the photos, and their cameras.

    K: [3, 3], px, of the pinhole camera of all photos, with pixel centres at .5.
    viewmats: [C, 4, 4] float64, cam_from_world with COLMAP's axes. The world is upright (y down), in metres,
    and the cameras look at its origin.
    """

    names: list[str]
    viewmats: np.ndarray
    K: np.ndarray
    width: int
    height: int

    @property
    def camera_span(self) -> float:
        """The largest distance between two cameras, m."""
        centers = camera_centers(self.viewmats)
        return float(np.linalg.norm(centers[:, None] - centers[None], axis=-1).max())

    def camera(self, view: int | str) -> Camera:
        """The camera of a photo, by its index or name."""
        index = self.names.index(view) if isinstance(view, str) else view
        return Camera(self.viewmats[index], self.K, self.width, self.height)

    def surface_points(self, view: int | str, pixels: np.ndarray) -> np.ndarray:
        """World points [N, 3] visible at pixels [N, 2] (x, y) of a photo; every pixel shows a surface."""
        camera = self.camera(view)
        rays = (
            np.column_stack([pixels, np.ones(len(pixels))])
            @ np.linalg.inv(camera.K).T
            @ camera.viewmat[:3, :3]
        )
        origins = np.broadcast_to(camera.center, rays.shape)
        distances, _ = _geometry().cast(origins, rays)
        return origins + distances[:, None] * rays

    def surface_point(self, view: int | str, pixel: tuple[float, float]) -> np.ndarray:
        """World point [3] visible at a pixel (x, y) of a photo."""
        return self.surface_points(view, np.array([pixel], float))[0]

    def pose_error(self, viewmats: Mapping[str, np.ndarray]) -> PoseError:
        """Error of a reconstruction's cam_from_world [4, 4] by name; missing names are ignored."""
        names = [name for name in self.names if name in viewmats]
        true = np.array([self.camera(name).viewmat for name in names])
        return pose_error(np.array([viewmats[name] for name in names]), true, camera_span=self.camera_span)

    def save(self, path: Path) -> None:
        """Write JSON. Write it outside the capture's folder, which holds only photos."""
        cameras = [
            {"name": n, "cam_from_world": v.tolist()} for n, v in zip(self.names, self.viewmats, strict=True)
        ]
        size = {"width": self.width, "height": self.height}
        write_json(path, {"schema": _SCHEMA, "K": self.K.tolist(), **size, "cameras": cameras})

    @classmethod
    def load(cls, path: Path) -> DemoTruth:
        """Read what `save` wrote."""
        values = read_json(path)
        if values["schema"] != _SCHEMA:
            raise ValueError(f"{path} has schema {values['schema']}, not {_SCHEMA}: render the capture again")
        return cls(
            names=[camera["name"] for camera in values["cameras"]],
            viewmats=np.array([camera["cam_from_world"] for camera in values["cameras"]]),
            K=np.array(values["K"]),
            width=values["width"],
            height=values["height"],
        )


@lru_cache(maxsize=1)
def _geometry() -> Geometry:
    return build_geometry([[surface.shape for surface in group] for group in build_scene()])
