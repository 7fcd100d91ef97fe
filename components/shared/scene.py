"""A posed scene: what structure from motion hands to training and evaluation.

The world is upright in the way COLMAP-trained viewers expect: x right, **y down**, z forward, so
that PlayCanvas' viewer, which turns splats by 180 degrees about z, shows it the right way up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from components.shared.files import read_json

SPARSE_FOLDER = "sparse"
IMAGES_FOLDER = "images"
MASKS_FOLDER = "masks"
SCENE_FILE = "scene.json"
UP = np.array([0.0, -1.0, 0.0])


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera with COLMAP's axes (x right, y down, z forward).

    viewmat [4, 4] float64 is cam_from_world; K [3, 3] float64 in pixels, with pixel centres at .5.
    """

    viewmat: np.ndarray
    K: np.ndarray
    width: int
    height: int

    @property
    def center(self) -> np.ndarray:
        """Camera position in the world, [3]."""
        return -self.viewmat[:3, :3].T @ self.viewmat[:3, 3]

    def scaled(self, width: int, height: int) -> Camera:
        """The same camera for an image resized to `width` by `height`."""
        factors = np.array([width / self.width, height / self.height, 1.0])
        return Camera(self.viewmat, self.K * factors[:, None], width, height)


@dataclass(frozen=True, slots=True)
class View:
    """One registered photo; `name` is its path under `images/`.

    points: rows of the scene's points that it sees, where they were asked for.
    """

    name: str
    camera: Camera
    points: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Scene:
    """Views sorted by name, points [P, 3] with colours uint8 [P, 3], and `scene.json` as `info`."""

    root: Path
    views: list[View]
    points: np.ndarray
    point_colors: np.ndarray
    info: dict[str, Any]

    def held_out(self, every: int = 8) -> list[bool]:
        """True for the views that `scene.json` lists under `held_out`.

        Without such a list, for each `every`-th in order of name, the field's usual split; the first is.
        """
        named = set(self.info.get("held_out") or ())
        if named:
            return [view.name in named for view in self.views]
        return [index % every == 0 for index in range(len(self.views))]


def read_scene(root: Path, *, tracks: bool = False) -> Scene:
    """Read an unpacked scene artifact: `sparse/`, `images/`, `scene.json`.

    `tracks`: also which view sees which points.
    """
    import pycolmap

    model = pycolmap.Reconstruction(str(root / SPARSE_FOLDER))
    rows = {point_id: row for row, point_id in enumerate(model.points3D)} if tracks else {}
    views = [
        View(image.name, _camera(image, model.cameras[image.camera_id]), _seen(image, rows))
        for image in sorted(model.images.values(), key=lambda image: image.name)
        if image.has_pose
    ]
    points = list(model.points3D.values())
    return Scene(
        root=root,
        views=views,
        points=np.array([point.xyz for point in points], np.float64).reshape(-1, 3),
        point_colors=np.array([point.color for point in points], np.uint8).reshape(-1, 3),
        info=read_json(root / SCENE_FILE),
    )


def load_image(scene: Scene, view: View, *, max_side_px: int | None = None) -> np.ndarray:
    """One photo as uint8 [H, W, 3] sRGB, area-averaged down so that its longer side fits.

    Transparent photos are seen over black. EXIF rotation is not applied: structure from motion saw the pixels
    as stored.
    """
    with Image.open(scene.root / IMAGES_FOLDER / view.name) as image:
        rgb = _over_black(image)
    width, height = fitted_size(rgb.width, rgb.height, max_side_px)
    if (width, height) != rgb.size:
        rgb = rgb.resize((width, height), Image.Resampling.BOX)
    return np.asarray(rgb)


def load_mask(scene: Scene, view: View, width: int, height: int) -> np.ndarray | None:
    """True where a photo shrunk to that size is to be believed, [H, W]; None where all of it is.

    A pixel that covers part of what is masked is not believed.
    """
    path = scene.root / MASKS_FOLDER / f"{view.name}.png"
    if not path.exists():
        return None
    with Image.open(path) as image:
        gray = image.convert("L")
    if gray.size != (width, height):
        gray = gray.resize((width, height), Image.Resampling.BOX)
    believed: np.ndarray = np.asarray(gray) == 255
    return believed


def load_alpha(scene: Scene, view: View, width: int, height: int) -> np.ndarray | None:
    """Opacity of a photo shrunk to that size, uint8 [H, W]; None where it is opaque all over."""
    with Image.open(scene.root / IMAGES_FOLDER / view.name) as image:
        if not image.has_transparency_data:
            return None
        alpha = image.convert("RGBA").getchannel("A")
    if alpha.getextrema() == (255, 255):
        return None
    if alpha.size != (width, height):
        alpha = alpha.resize((width, height), Image.Resampling.BOX)
    return np.asarray(alpha)


def _over_black(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba).convert("RGB")


def fitted_size(width: int, height: int, max_side_px: int | None) -> tuple[int, int]:
    """The size after shrinking (never growing) so that the longer side is at most `max_side_px`."""
    if max_side_px is None or max(width, height) <= max_side_px:
        return width, height
    factor = max_side_px / max(width, height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def _seen(image: Any, rows: dict[int, int]) -> np.ndarray:
    if not rows:
        return np.zeros(0, np.int64)
    return np.array([rows[seen.point3D_id] for seen in image.get_observation_points2D()], np.int64)


def _camera(image: Any, camera: Any) -> Camera:
    viewmat = np.eye(4)
    viewmat[:3] = image.cam_from_world().matrix()
    return Camera(viewmat, camera.calibration_matrix(), camera.width, camera.height)
