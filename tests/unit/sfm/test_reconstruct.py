"""Structure from motion on real pixels, against the truth."""

import numpy as np
import pytest
from captures import make_capture
from PIL import Image

from components.sfm.reconstruct import reconstruct
from components.sfm.run_worker import run_worker
from components.sfm.settings import SfmSettings
from components.shared.archive import unpack
from components.shared.errors import InternalError, OutOfMemoryError, ReconstructionError
from components.shared.progress import ignore_progress
from components.shared.scene import UP, load_image, read_scene


@pytest.fixture(scope="module")
def reconstructed(small_demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sfm")
    capture = make_capture(sorted(small_demo.folder.glob("*.jpg")), folder / "capture.tar", folder / "in")
    fractions = []
    settings = SfmSettings(min_points=300)
    result = reconstruct(
        capture, folder / "scene.tar", settings, lambda progress: fractions.append(progress.fraction)
    )
    unpack(folder / "scene.tar", folder / "scene")
    return result, read_scene(folder / "scene"), fractions


def test_every_photo_finds_its_true_place(reconstructed, small_demo):
    result, scene, _ = reconstructed
    assert result.info["registered"] == len(scene.views) == 12
    error = small_demo.truth.pose_error({view.name[4:]: view.camera.viewmat for view in scene.views})
    assert error.rotation_degrees < 0.1
    assert error.center_fraction < 0.005


def test_the_scene_is_upright_and_centred_on_the_subject(reconstructed, small_demo):
    _, scene, _ = reconstructed
    truth = small_demo.truth
    ups = []
    for view in scene.views:
        camera = truth.camera(view.name[4:])
        ups.append(view.camera.viewmat[:3, :3].T @ camera.viewmat[:3, :3] @ UP)
    assert np.mean(ups, axis=0) @ UP > np.cos(np.radians(5))
    distances = [np.linalg.norm(view.camera.center) for view in scene.views]
    assert np.median(distances) == pytest.approx(4.0, rel=0.01)


def test_undistorted_photos_fit_their_cameras(reconstructed):
    _, scene, _ = reconstructed
    view = scene.views[0]
    assert load_image(scene, view).shape == (view.camera.height, view.camera.width, 3)


def test_progress_never_runs_back(reconstructed):
    fractions = reconstructed[2]
    assert fractions == sorted(fractions)
    assert len(fractions) > 10
    assert fractions[-1] >= 0.9


def test_the_gates_name_the_photos_and_why(small_demo, tmp_path):
    photos = sorted(small_demo.folder.glob("*.jpg"))[:3]
    for number in range(4):
        Image.new("RGB", (400, 300), (90, 90, 90)).save(tmp_path / f"wall{number}.jpg")
    plain = sorted(tmp_path.glob("wall*.jpg"))
    capture = make_capture([*photos, *plain], tmp_path / "capture.tar", tmp_path / "in")
    with pytest.raises(ReconstructionError) as caught:
        reconstruct(capture, tmp_path / "scene.tar", SfmSettings())
    assert "of 7 photos found their place" in caught.value.message
    assert "003_wall0.jpg: few features, only 0 details found" in caught.value.message
    assert not (tmp_path / "scene.tar").exists()


def test_two_photos_of_different_things_are_an_error_not_a_crash(small_demo, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.jpg")
    photos = [sorted(small_demo.folder.glob("*.jpg"))[0], tmp_path / "noise.jpg"]
    capture = make_capture(photos, tmp_path / "capture.tar", tmp_path / "in")
    with pytest.raises(ReconstructionError, match="0 of 2 photos"):
        reconstruct(capture, tmp_path / "scene.tar", SfmSettings())


@pytest.mark.parametrize(
    ("end", "type_"), [("os.abort()", InternalError), ("os.kill(os.getpid(), 9)", OutOfMemoryError)]
)
def test_an_abort_of_the_worker_is_a_typed_error(tmp_path, monkeypatch, end, type_):
    (tmp_path / "broken_worker.py").write_text(
        f"import os, sys\nprint('last words', file=sys.stderr, flush=True)\n{end}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(type_) as caught:
        run_worker({}, tmp_path, ignore_progress, module="broken_worker")
    assert caught.value.remedy
    if type_ is InternalError:
        assert "SIGABRT" in caught.value.message
        assert "last words" in caught.value.message


def test_the_castle(shared_data, tmp_path):
    photos = sorted((shared_data / "captures" / "castle").glob("*.JPG"))
    capture = make_capture(photos, tmp_path / "capture.tar", tmp_path / "in")
    info = reconstruct(capture, tmp_path / "scene.tar", SfmSettings()).info
    assert info["registered"] == 11
    assert info["points"] >= 8000
    assert info["reprojection_error_px"] <= 0.7
