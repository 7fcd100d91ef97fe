import numpy as np
import pycolmap
import pytest
from PIL import Image

from components.sfm.capture import CapturePhoto
from components.sfm.scene_images import undistort as module
from components.sfm.scene_images.undistort import undistort
from components.shared.errors import InputError, StorageError
from components.shared.progress import ignore_progress
from tests.unit.sfm.sfm_captures import capture_of

NAMES = ("b/IMG 1.png", "a.png", "lost.png")


@pytest.fixture
def capture(tmp_path):
    photos = []
    for number, name in enumerate(NAMES, start=1):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (120, 160, 3), np.uint8)
        Image.fromarray(noise).save(path)
        photos.append(CapturePhoto(number, name, 160, 120, 0, 1, None))
    return capture_of(photos, tmp_path)


def model_of(model, params, size=(160, 120)):
    """The first two photos, each with one observation at pixel (40, 30)."""
    width, height = size
    reconstruction = pycolmap.Reconstruction()
    reconstruction.add_camera_with_trivial_rig(
        pycolmap.Camera(model=model, width=width, height=height, params=params, camera_id=1)
    )
    for number in (1, 2):
        image = pycolmap.Image(name=f"{number:06d}.png", camera_id=1, image_id=number)
        image.points2D = pycolmap.Point2DList([pycolmap.Point2D(np.array([40.0, 30.0]))])
        reconstruction.add_image_with_trivial_frame(image, pycolmap.Rigid3d())
    return reconstruction


@pytest.fixture
def scene(tmp_path):
    (tmp_path / "scene").mkdir()
    return tmp_path / "scene"


def test_cameras_and_observations_are_those_of_colmap(capture, scene, tmp_path):
    model = model_of("RADIAL", [60.0, 40.0, 30.0, -0.06, 0.02], size=(80, 60))
    (tmp_path / "distorted").mkdir()
    model.write_binary(str(tmp_path / "distorted"))
    (tmp_path / "shrunk").mkdir()
    for number in (1, 2):
        Image.new("RGB", (80, 60)).save(tmp_path / "shrunk" / f"{number:06d}.png")
    options = pycolmap.UndistortCameraOptions()
    options.max_image_size = 80
    pycolmap.undistort_images(
        tmp_path / "colmap", tmp_path / "distorted", tmp_path / "shrunk", undistort_options=options
    )
    expected = pycolmap.Reconstruction(str(tmp_path / "colmap" / "sparse"))
    undistort(model, capture, None, scene, ignore_progress)
    written = pycolmap.Reconstruction(str(scene / "sparse"))
    camera = written.cameras[1]
    assert (camera.model.name, camera.width, camera.height) == (
        "PINHOLE",
        expected.cameras[1].width,
        expected.cameras[1].height,
    )
    np.testing.assert_allclose(camera.params, expected.cameras[1].params, rtol=1e-9)
    for number in (1, 2):
        np.testing.assert_allclose(
            written.images[number].points2D[0].xy, expected.images[number].points2D[0].xy, rtol=1e-9
        )
    assert [written.images[number].name for number in (1, 2)] == list(NAMES[:2])


def test_registered_photos_are_written_at_the_size_of_their_camera(capture, scene):
    seen = []
    model = model_of("RADIAL", [60.0, 40.0, 30.0, -0.06, 0.02], size=(80, 60))
    undistort(model, capture, None, scene, seen.append)
    sizes = {}
    for path in (scene / "images").rglob("*.png"):
        with Image.open(path) as image:
            sizes[str(path.relative_to(scene / "images"))] = image.size
    size = (model.cameras[1].width, model.cameras[1].height)
    assert sizes == {"a.png": size, "b/IMG 1.png": size}
    assert [progress.note for progress in seen] == ["1 of 2 photos", "2 of 2 photos"]


def test_photos_without_distortion_that_fit_keep_their_bytes(capture, scene):
    undistort(model_of("PINHOLE", [120, 120, 80, 60]), capture, None, scene, ignore_progress)
    for name in NAMES[:2]:
        assert (scene / "images" / name).read_bytes() == (capture.image_folder / name).read_bytes()


def test_an_image_that_cannot_be_written_is_a_storage_error(capture, scene, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "undistort_photo", fail)
    model = model_of("RADIAL", [120.0, 80.0, 60.0, -0.06, 0.02])
    with pytest.raises(StorageError, match="No space left on device") as caught:
        undistort(model, capture, None, scene, ignore_progress)
    assert "TMPDIR" in caught.value.remedy


def test_a_photo_that_cannot_be_decoded_is_the_inputs_fault(capture, scene):
    (capture.image_folder / "a.png").write_bytes((capture.image_folder / "a.png").read_bytes()[:9000])
    model = model_of("RADIAL", [120.0, 80.0, 60.0, -0.06, 0.02])
    with pytest.raises(InputError, match=r"the photo a\.png cannot be decoded") as caught:
        undistort(model, capture, None, scene, ignore_progress)
    assert "disk" not in caught.value.message + caught.value.remedy
