"""Captures with poses and lenses with distortion: what is delivered is what a pinhole camera there sees."""

import json

import numpy as np
import pytest
from PIL import Image

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.shared.point_cloud import PointCloud, write_point_cloud
from components.shared.scene import Scene, load_image, load_mask, read_scene

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 480, 360
LENSES = {
    "OPENCV": (
        {"fl_x": 300.0, "fl_y": 310.0, "cx": 236.0, "cy": 187.0},
        {"k1": -0.12, "k2": 0.03, "p1": 0.002, "p2": -0.003},
    ),
    "OPENCV_FISHEYE": (
        {"fl_x": 210.0, "fl_y": 205.0, "cx": 244.0, "cy": 176.0},
        {"k1": 0.03, "k2": -0.01, "k3": 0.002, "k4": 0.0},
    ),
}
"""Camera model of transforms.json: its intrinsics and its distortion."""
PLACES = np.random.default_rng(3).uniform(-2.0, 2.0, (400, 3)).astype(np.float32)


def distort(model: str, x: np.ndarray, y: np.ndarray, k: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """OpenCV's formulas: distorted coordinates of points at depth 1."""
    r2 = x * x + y * y
    if model == "OPENCV":
        radial = 1 + k["k1"] * r2 + k["k2"] * r2 * r2
        return (
            x * radial + 2 * k["p1"] * x * y + k["p2"] * (r2 + 2 * x * x),
            y * radial + k["p1"] * (r2 + 2 * y * y) + 2 * k["p2"] * x * y,
        )
    r = np.sqrt(r2) + 1e-12
    angle = np.arctan(r)
    t2 = angle**2
    scale = angle * (1 + t2 * (k["k1"] + t2 * (k["k2"] + t2 * (k["k3"] + t2 * k["k4"])))) / r
    return x * scale, y * scale


def undistort(model: str, x: np.ndarray, y: np.ndarray, k: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """The inverse of `distort` by Newton's method with a numerical Jacobian."""
    u, v, h = x.copy(), y.copy(), 1e-6
    for _ in range(30):
        fx, fy = distort(model, u, v, k)
        ax, ay = distort(model, u + h, v, k)
        bx, by = distort(model, u, v + h, k)
        a, b, c, d = (ax - fx) / h, (bx - fx) / h, (ay - fy) / h, (by - fy) / h
        determinant = a * d - b * c
        ex, ey = fx - x, fy - y
        u, v = u - (d * ex - b * ey) / determinant, v - (a * ey - c * ex) / determinant
    return u, v


def look(directions: np.ndarray) -> np.ndarray:
    """A smooth world at infinity: colors uint8 [..., 3] of directions [..., 3]."""
    unit = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    waves = np.sin(unit @ np.array([[9.0, 4.0, 1.0], [2.0, 11.0, 5.0], [6.0, 3.0, 10.0]]))
    return np.round(127.5 + 110 * waves).astype(np.uint8)


def world_from_camera(index: int) -> np.ndarray:
    """OpenGL's axes: turned a little about y and moved along x."""
    angle = 0.3 * (index - 2)
    pose = np.eye(4)
    pose[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    pose[0, 3], pose[2, 3] = index, 4.0
    return pose


def photo(model: str, pose: np.ndarray) -> Image.Image:
    intrinsics, distortion = LENSES[model]
    columns, rows = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    x, y = undistort(
        model,
        (columns - intrinsics["cx"]) / intrinsics["fl_x"],
        (rows - intrinsics["cy"]) / intrinsics["fl_y"],
        distortion,
    )
    return Image.fromarray(look(np.stack([x, -y, -np.ones_like(x)], axis=-1) @ pose[:3, :3].T))


@pytest.fixture(scope="module", params=LENSES)
def scene(request, tmp_path_factory) -> Scene:
    model = request.param
    root = tmp_path_factory.mktemp(model)
    folder = root / "photos"
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    frames = []
    for index in range(5):
        pose = world_from_camera(index)
        photo(model, pose).save(folder / "images" / f"{index}.png")
        frames.append({"file_path": f"images/{index}.png", "transform_matrix": pose.tolist()})
    mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
    mask[:, : WIDTH // 2] = 0
    Image.fromarray(mask).save(folder / "masks" / "1.png")
    write_point_cloud(PointCloud(PLACES, np.full(PLACES.shape, 77, np.uint8)), folder / "sparse_pc.ply")
    intrinsics, distortion = LENSES[model]
    content = {"camera_model": model, "w": WIDTH, "h": HEIGHT, **intrinsics, **distortion, "frames": frames}
    content["ply_file_path"] = "sparse_pc.ply"
    (folder / "transforms.json").write_text(json.dumps(content))
    ingest(str(folder), root / "capture", IngestSettings())
    reconstruct(root / "capture", root / "scene", SfmSettings())
    return read_scene(root / "scene")


def capture_from_scene(scene: Scene) -> np.ndarray:
    transform = np.array(scene.info.world.capture_from_scene)
    return transform[:3, :3] / np.cbrt(np.linalg.det(transform[:3, :3]))


def test_photos_show_what_their_pinhole_cameras_see_up_to_the_corners(scene):
    assert len(scene.views) == 5
    for view in scene.views:
        camera = view.camera
        columns, rows = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
        pixels = np.stack([columns, rows, np.ones_like(rows)], axis=-1)
        rays = pixels @ np.linalg.inv(camera.K).T @ camera.viewmat[:3, :3] @ capture_from_scene(scene).T
        difference = np.abs(load_image(scene, view).astype(int) - look(rays).astype(int))
        assert difference.mean() < 0.6
        corners = difference[[2, 2, -3, -3], [2, -3, 2, -3]]
        assert corners.max() <= 6


def test_cameras_are_where_the_file_puts_them(scene):
    transform = np.array(scene.info.world.capture_from_scene)
    for index, view in enumerate(scene.views):
        place = transform[:3, :3] @ view.camera.center + transform[:3, 3]
        np.testing.assert_allclose(place, world_from_camera(index)[:3, 3], atol=1e-9)


def test_points_that_came_along_are_those_of_the_scene(scene):
    transform = np.array(scene.info.world.capture_from_scene)
    places = scene.points @ transform[:3, :3].T + transform[:3, 3]
    np.testing.assert_allclose(sorted(map(tuple, places)), sorted(map(tuple, PLACES)), atol=1e-5)
    assert (scene.point_colors == 77).all()
    assert scene.info.points == len(PLACES)


def test_masks_are_undistorted_too(scene):
    view = scene.views[1]
    mask = load_mask(scene, view, view.camera.width, view.camera.height)
    assert mask is not None
    boundary = mask.argmax(axis=1)[view.camera.height // 2] / view.camera.width
    assert boundary == pytest.approx(0.5, abs=0.05)
    assert load_mask(scene, scene.views[0], 10, 10) is None
