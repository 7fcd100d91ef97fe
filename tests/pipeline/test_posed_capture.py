"""A capture that comes with its poses goes the whole way: no points, no gates, its own test photos."""

import tarfile

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import KDTree

from components.shared.files import read_json
from components.shared.image_metrics import psnr_db_of
from components.shared.sog.read_sog import read_sog
from pipelines.photos_to_sog.run_local import LocalJob, run_local
from tests.posed_capture import TEST, TRAIN, write_posed_capture

SETTINGS = {"steps": 600, "max_gaussians": 6_000, "image_max_side_px": 100}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("posed")


@pytest.fixture(scope="module")
def capture(folder):
    return write_posed_capture(folder / "capture")


@pytest.fixture(scope="module")
def report(folder, capture):
    arguments = {"capture": str(folder / "capture"), "output": str(folder / "out"), **SETTINGS}
    report = run_local(LocalJob(arguments=arguments), print).to_json()
    assert report["status"] == "succeeded", report["failure"]
    return report


def test_held_out_photos_are_those_of_the_test_file_and_look_alike(folder, report):
    assert report["delivered"]["psnr_db"] > flat_psnr_db(folder / "capture") + 15.0
    assert report["delivered"]["psnr_drop_db"] < 1.0
    page = (folder / "out" / "report.html").read_text()
    assert page.count("held-out") >= TEST
    for index in range(TEST):
        assert f"test/r_{index}.png" in page


def flat_psnr_db(capture) -> float:
    """Of one colour for all photos over black, the best there is."""
    photos = [np.asarray(Image.open(path), np.float64) / 255 for path in sorted(capture.glob("test/r_?.png"))]
    seen = np.stack([photo[..., :3] * photo[..., 3:] for photo in photos])
    return psnr_db_of(seen.reshape(-1, 3).var(axis=0).mean())


def test_the_report_says_that_poses_were_given(folder, report):
    assert report["capture"]["accepted"] == report["sfm"]["registered"] == TRAIN + TEST
    assert (report["sfm"]["points"], report["sfm"]["reprojection_error_px"]) == (0, None)
    page = (folder / "out" / "report.html").read_text()
    assert "poses given" in page
    assert "with the poses of the capture" in page
    assert report == read_json(folder / "out" / "report.json")


def test_the_delivered_gaussians_lie_on_the_true_surface(folder, capture, report):
    """Upright, centred, and of the usual size: y is down, and the cameras' median distance is 4."""
    splats = read_sog(folder / "out" / "scene.sog")
    blender, _ = capture.surface_points(2_000)
    in_scene = blender @ rotation_of(folder).T
    opaque = splats.means[splats.opacities > 0]
    distances, _ = KDTree(opaque).query(in_scene)
    assert np.median(distances) < 0.06
    assert np.quantile(distances, 0.95) < 0.15


def rotation_of(folder) -> np.ndarray:
    """From Blender's world to the scene, times its size: z is where the first photo by name looks."""
    frame = read_json(folder / "capture" / "transforms_test.json")["frames"][0]
    matrix = np.array(frame["transform_matrix"])
    forward = -matrix[:3, 2] * [1.0, 1.0, 0.0]
    forward /= np.linalg.norm(forward)
    down = np.array([0.0, 0.0, -1.0])
    size = 4.0 / np.linalg.norm(matrix[:3, 3])
    return size * np.stack([np.cross(down, forward), down, forward])


def test_the_colmap_model_has_the_cameras(folder, report, tmp_path):
    import pycolmap

    with tarfile.open(folder / "out" / "colmap.tar") as tar:
        tar.extractall(tmp_path, filter="data")
    model = pycolmap.Reconstruction(str(next(path.parent for path in tmp_path.rglob("images.bin"))))
    assert (model.num_reg_images(), model.num_points3D()) == (TRAIN + TEST, 0)
