"""The scene artifact: cameras, images, masks and points, as structure from motion writes them.

World frame: x right, **y down**, z forward. PlayCanvas' viewer turns splats by 180 degrees about z, and so
shows it upright.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from components.shared.contracts.scene import SCENE_FILE, SceneInfo
from components.shared.reading import DAMAGED_PHOTO, reading

SPARSE_FOLDER = "sparse"
IMAGES_FOLDER = "images"
MASKS_FOLDER = "masks"
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

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels [N, 2] and depths [N] of world points [N, 3]; pixels have no meaning where depth <= 0."""
        in_camera = points @ self.viewmat[:3, :3].T + self.viewmat[:3, 3]
        depths = in_camera[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            pixels = (in_camera @ self.K.T)[:, :2] / depths[:, None]
        return pixels, depths


@dataclass(frozen=True, slots=True)
class View:
    """One registered photo; `name` is its path under `images/`.

    points: indices into the scene's points that the photo observes; empty unless read with `tracks`.
    """

    name: str
    camera: Camera
    points: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Scene:
    """Views sorted by name, points [P, 3] with colours uint8 [P, 3], and the content of `scene.json`."""

    root: Path
    views: list[View]
    points: np.ndarray
    point_colors: np.ndarray
    info: SceneInfo

    def held_out(self, every: int = 8) -> list[bool]:
        """Whether each view is held out of training.

        Held out are the photos listed in `scene.json`; without a list, every `every`-th view in order of
        name, from the first one on.
        """
        named = set(self.info.held_out)
        if named:
            return [view.name in named for view in self.views]
        return [index % every == 0 for index in range(len(self.views))]


def read_scene(root: Path, *, tracks: bool = False) -> Scene:
    """Read an unpacked scene artifact: `sparse/` and `scene.json`; images are loaded by `load_image`.

    tracks: also read which view observes which points.

    Raises:
        InputError: a file of the scene is missing or damaged.
    """
    import pycolmap

    with reading(root / SPARSE_FOLDER, remedy="Run structure from motion (sfm) again."):
        model = pycolmap.Reconstruction(str(root / SPARSE_FOLDER))
    rows = {point_id: row for row, point_id in enumerate(model.points3D)} if tracks else {}
    views = [
        View(image.name, _camera(image, model.cameras[image.camera_id]), _observed_points(image, rows))
        for image in sorted(model.images.values(), key=lambda image: image.name)
        if image.has_pose
    ]
    points = list(model.points3D.values())
    return Scene(
        root=root,
        views=views,
        points=np.array([point.xyz for point in points], np.float64).reshape(-1, 3),
        point_colors=np.array([point.color for point in points], np.uint8).reshape(-1, 3),
        info=SceneInfo.read(root / SCENE_FILE),
    )


def load_image(scene: Scene, view: View, *, max_side_px: int | None = None) -> np.ndarray:
    """One photo as uint8 [H, W, 3] sRGB, shrunk by area averaging to at most `max_side_px`.

    Transparent photos are composited over black. EXIF's orientation is not applied: the cameras are those of
    the pixels as stored.
    """
    return load_image_and_alpha(scene, view, max_side_px=max_side_px)[0]


def load_image_and_alpha(
    scene: Scene, view: View, *, max_side_px: int | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """`load_image` and the alpha channel at the same size, uint8 [H, W]; None if the photo is opaque."""
    path = scene.root / IMAGES_FOLDER / view.name
    with reading(path, remedy=DAMAGED_PHOTO), Image.open(path) as image:
        rgba = image.convert("RGBA") if image.has_transparency_data else None
        rgb = image.convert("RGB") if rgba is None else _composite_over_black(rgba)
    size = fitted_size(rgb.width, rgb.height, max_side_px)
    pixels = np.asarray(_shrink(rgb, size))
    alpha = None if rgba is None else rgba.getchannel("A")
    if alpha is None or alpha.getextrema() == (255, 255):
        return pixels, None
    return pixels, np.asarray(_shrink(alpha, size))


def load_mask(scene: Scene, view: View, width: int, height: int) -> np.ndarray | None:
    """Valid mask of a photo at that size, bool [H, W]; None if the photo has no mask.

    A pixel that covers any masked pixel is masked.
    """
    path = scene.root / MASKS_FOLDER / f"{view.name}.png"
    if not path.exists():
        return None
    with reading(path, remedy=DAMAGED_PHOTO), Image.open(path) as image:
        gray = _shrink(image.convert("L"), (width, height))
    valid: np.ndarray = np.asarray(gray) == 255
    return valid


def _composite_over_black(rgba: Image.Image) -> Image.Image:
    black = Image.new("RGBA", rgba.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, rgba).convert("RGB")


def _shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`image` at `size` by area averaging."""
    return image if image.size == size else image.resize(size, Image.Resampling.BOX)


def fitted_size(width: int, height: int, max_side_px: int | None) -> tuple[int, int]:
    """Width and height with a longer side of at most `max_side_px`; sizes that fit are kept."""
    if max_side_px is None or max(width, height) <= max_side_px:
        return width, height
    factor = max_side_px / max(width, height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def _observed_points(image: Any, rows: dict[int, int]) -> np.ndarray:
    if not rows:
        return np.zeros(0, np.int64)
    return np.array([rows[point.point3D_id] for point in image.get_observation_points2D()], np.int64)


def _camera(image: Any, camera: Any) -> Camera:
    viewmat = np.eye(4)
    viewmat[:3] = image.cam_from_world().matrix()
    return Camera(viewmat, camera.calibration_matrix(), camera.width, camera.height)
