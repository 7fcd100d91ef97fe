"""Structure from motion on rendered photos, against the true poses."""

import numpy as np
import pytest
from PIL import Image

from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.shared.errors import ReconstructionError
from components.shared.scene import UP, load_image, read_scene
from tests.unit.sfm.sfm_captures import make_capture

pytestmark = pytest.mark.slow

SETTINGS = SfmSettings(min_points=300)


@pytest.fixture(scope="module")
def photos(small_demo):
    return sorted(small_demo.folder.glob("*.jpg"))


@pytest.fixture(scope="module")
def true_names(photos):
    """Names as people have them: blanks, accents, folders, one name twice; to the photos' own."""
    names = [f"day {number % 2 + 1}/Façade {number // 2:02d}.jpg" for number in range(len(photos))]
    return dict(zip(names, photos, strict=True))


@pytest.fixture(scope="module")
def reconstructed(true_names, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sfm")
    capture = make_capture(true_names, folder / "capture")
    seen = []
    result = reconstruct(capture, folder / "scene", SETTINGS, seen.append)
    return result, read_scene(folder / "scene"), seen


def test_every_photo_is_registered_with_its_true_pose(reconstructed, true_names, small_demo):
    result, scene, _ = reconstructed
    assert result.registered == len(scene.views) == 12
    assert {view.name for view in scene.views} == set(true_names)
    viewmats = {true_names[view.name].name: view.camera.viewmat for view in scene.views}
    error = small_demo.truth.pose_error(viewmats)
    assert error.rotation_degrees < 0.1
    assert error.center_fraction < 0.005


def test_the_scene_is_upright_and_centred_on_the_subject(reconstructed, true_names, small_demo):
    _, scene, _ = reconstructed
    ups = []
    for view in scene.views:
        true = small_demo.truth.camera(true_names[view.name].name)
        ups.append(view.camera.viewmat[:3, :3].T @ true.viewmat[:3, :3] @ UP)
    assert np.mean(ups, axis=0) @ UP > np.cos(np.radians(5))
    distances = [np.linalg.norm(view.camera.center) for view in scene.views]
    assert np.median(distances) == pytest.approx(4.0, rel=0.01)


def test_undistorted_photos_fit_their_cameras(reconstructed, true_names):
    _, scene, _ = reconstructed
    for view in scene.views:
        image = load_image(scene, view)
        assert image.shape == (view.camera.height, view.camera.width, 3)
        original = np.asarray(Image.open(true_names[view.name]).resize(image.shape[1::-1]))
        assert np.abs(image.astype(float) - original).mean() < 12


def test_the_figures_of_scene_json_add_up(reconstructed):
    result, scene, _ = reconstructed
    info = result
    assert info == scene.info
    assert info.points == len(scene.points) > 300
    counts = np.array([image.points for image in info.images])
    errors = np.array([image.reprojection_error_px for image in info.images])
    assert info.reprojection_error_px == pytest.approx((counts * errors).sum() / counts.sum())
    assert 0.05 < info.reprojection_error_px < 0.7
    assert [image.name for image in info.capture.rejected] == ["notes.jpg"]
    (attempt,) = info.attempts
    assert (attempt.matching, attempt.mapper, attempt.registered) == (
        "exhaustive",
        "global",
        12,
    )
    assert result.figures().unregistered == []


def test_progress_never_runs_back_and_has_figures(reconstructed):
    seen = reconstructed[2]
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] >= 0.9
    assert "5 of 5 steps" in {progress.note for progress in seen if progress.phase == "register photos"}


def test_equal_captures_give_equal_scenes(reconstructed, true_names, tmp_path):
    reconstruct(make_capture(true_names, tmp_path / "capture"), tmp_path / "scene", SETTINGS)
    again, scene = read_scene(tmp_path / "scene"), reconstructed[1]
    for first, second in zip(scene.views, again.views, strict=True):
        np.testing.assert_array_equal(first.camera.viewmat, second.camera.viewmat)
    assert len(again.points) == len(scene.points)


@pytest.fixture(scope="module")
def mixed(photos, tmp_path_factory):
    """Three photos that fit together, two of them shrunk, and four of a wall."""
    folder = tmp_path_factory.mktemp("mixed")
    capture = {}
    for number in range(3):
        path = folder / f"photo{number}.jpg"
        with Image.open(photos[number]) as image:
            image.resize((400, 300) if number else (600, 450)).save(path)
        capture[path.name] = path
    for number in range(4):
        path = folder / f"wall{number}.jpg"
        Image.new("RGB", (400, 300), (90, 90, 90)).save(path)
        capture[path.name] = path
    return make_capture(capture, folder / "capture")


def test_the_gates_name_the_photos_and_why_and_leave_figures(mixed, tmp_path):
    with pytest.raises(ReconstructionError) as caught:
        reconstruct(mixed, tmp_path / "scene", SfmSettings())
    error = caught.value
    assert "of 7 photos were registered" in error.message
    assert "wall0.jpg: few features, only 0 features found" in error.message
    assert "blurred" in error.remedy
    assert [attempt["features"] for attempt in error.figures["attempts"]] == [
        "usual",
        "usual",
        "patient",
    ]
    assert list(tmp_path.iterdir()) == []


def test_photos_of_several_sizes_make_one_scene(mixed, tmp_path):
    settings = SfmSettings(min_points=20, min_registered_fraction=0.4, max_image_px=480)
    info = reconstruct(mixed, tmp_path / "scene", settings)
    assert [image.name for image in info.images if image.registered] == [
        "photo0.jpg",
        "photo1.jpg",
        "photo2.jpg",
    ]
    assert {path.name for path in (tmp_path / "scene" / "images").iterdir()} == {
        "photo0.jpg",
        "photo1.jpg",
        "photo2.jpg",
    }
    scene = read_scene(tmp_path / "scene")
    assert [max(load_image(scene, view).shape) for view in scene.views] == [
        pytest.approx(480, abs=8),
        pytest.approx(400, abs=8),
        pytest.approx(400, abs=8),
    ]


def test_turning_on_the_spot_is_distinguished_from_walking_around(photos, tmp_path):
    """The global mapper would make a curved surface of it, with thousands of points."""
    capture = make_capture(turn_on_the_spot(photos[4], tmp_path), tmp_path / "capture")
    with pytest.raises(ReconstructionError) as caught:
        reconstruct(capture, tmp_path / "scene", SETTINGS)
    assert "instead of turning on the spot" in caught.value.remedy
    assert {attempt["mapper"] for attempt in caught.value.figures["attempts"]} == {"incremental"}


def turn_on_the_spot(photo, folder, views=6, focal=416.0):
    """What a camera sees that turns by 3 degrees at a time, from one photo."""
    with Image.open(photo) as image:
        width, height = image.size
        seen = (width * 2 // 3, height * 2 // 3)
        to_photo = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
        from_seen = np.linalg.inv([[focal, 0, seen[0] / 2], [0, focal, seen[1] / 2], [0, 0, 1]])
        for view, angle in enumerate(np.radians(np.linspace(-7.5, 7.5, views))):
            c, s = np.cos(angle), np.sin(angle)
            warp = to_photo @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ from_seen
            coefficients = (warp / warp[2, 2]).ravel()[:8]
            turned = image.transform(
                seen, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
            )
            turned.save(folder / f"turn{view}.jpg", quality=95)
    return {f"turn{view}.jpg": folder / f"turn{view}.jpg" for view in range(views)}


def test_two_photos_of_different_things_are_an_error_not_a_crash(photos, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.jpg")
    pair = {"a.jpg": photos[0], "noise.jpg": tmp_path / "noise.jpg"}
    capture = make_capture(pair, tmp_path / "capture")
    with pytest.raises(ReconstructionError, match="0 of 2 photos"):
        reconstruct(capture, tmp_path / "scene", SfmSettings())
