"""A capture that comes with its poses goes the whole way: no points, no gates, its own test photos."""

import json
import tarfile

import numpy as np
import pytest
from PIL import Image
from posed_capture import TEST, TRAIN, write_posed_capture

from components.compress.read_sog import read_sog
from components.train.divergence import psnr_db_of
from pipelines.photos_to_sog.run_local import LocalJob, run_local

SETTINGS = {"steps": 600, "max_gaussians": 6_000, "image_max_side_px": 100}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The capture's folder, the output folder and the report."""
    root = tmp_path_factory.mktemp("posed")
    capture, output = write_posed_capture(root / "capture"), root / "out"
    report = run_local(
        LocalJob(arguments={"capture": str(capture), "output": str(output), **SETTINGS}), print
    )
    assert report["status"] == "succeeded", report["failure"]
    return capture, output, report


def test_held_out_photos_are_those_of_the_test_file_and_look_alike(finished):
    capture, _, report = finished
    assert report["delivered"]["psnr_db"] > flat_psnr_db(capture) + 8.0
    assert report["delivered"]["psnr_db"] > 22.0
    assert report["delivered"]["psnr_drop_db"] < 1.0


def flat_psnr_db(capture) -> float:
    """Of one colour for all photos over black, the best there is."""
    photos = [np.asarray(Image.open(path), np.float64) / 255 for path in sorted(capture.glob("test/r_?.png"))]
    seen = np.stack([photo[..., :3] * photo[..., 3:] for photo in photos])
    return psnr_db_of(seen.reshape(-1, 3).var(axis=0).mean())


def test_the_report_says_that_poses_were_given(finished):
    _, output, report = finished
    assert report["capture"]["accepted"] == report["sfm"]["registered"] == TRAIN + TEST
    assert (report["sfm"]["points"], report["sfm"]["reprojection_error_px"]) == (0, None)
    page = (output / "report.html").read_text()
    assert "poses given" in page
    assert "their poses came with the capture" in page


def test_the_delivered_scene_is_upright_and_centred(finished):
    _, output, _ = finished
    splats = read_sog(output / "scene.sog")
    opaque = splats.means[splats.opacities > 0]
    middle = np.median(opaque, axis=0)
    assert np.abs(middle).max() < 0.5
    tower, base = opaque[opaque[:, 1] < -0.3], opaque[np.abs(opaque[:, 1] - 0.2) < 0.2]
    assert np.ptp(np.percentile(tower, [5, 95], axis=0)[:, 0]) < np.ptp(
        np.percentile(base, [5, 95], axis=0)[:, 0]
    )


def test_the_colmap_model_has_the_cameras(finished, tmp_path):
    import pycolmap

    _, output, _ = finished
    with tarfile.open(output / "colmap.tar") as tar:
        tar.extractall(tmp_path, filter="data")
    folder = next(path.parent for path in tmp_path.rglob("images.bin"))
    model = pycolmap.Reconstruction(str(folder))
    assert (model.num_reg_images(), model.num_points3D()) == (TRAIN + TEST, 0)
    assert json.loads((output / "report.json").read_text())["status"] == "succeeded"
