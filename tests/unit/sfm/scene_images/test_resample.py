import numpy as np
import pycolmap
import pytest
from PIL import Image, ImageCms

from components.sfm.scene_images.resample import undistort_photo, undistortion_map

RADIAL = [120.0, 80.0, 60.0, -0.06, 0.02]


def distorted_camera(width=160, height=120, params=RADIAL):
    return pycolmap.Camera(model="RADIAL", width=width, height=height, params=params, camera_id=1)


def undistorted_camera(camera):
    options = pycolmap.UndistortCameraOptions()
    options.max_image_size = max(camera.width, camera.height)
    return pycolmap.undistort_camera(options, camera)


def smooth_photo(width, height):
    """Low frequencies, so that resampling loses little."""
    y, x = (np.mgrid[0:height, 0:width] + 0.5) / height
    waves = [np.sin(9 * x + 4 * y), np.cos(7 * y), np.sin(11 * x * y)]
    return Image.fromarray((127.5 + 100 * np.stack(waves, axis=-1)).astype(np.uint8))


def undistorted(photo, path, camera):
    photo.save(path / "photo.png")
    mapping = undistortion_map(camera, undistorted_camera(camera))
    undistort_photo(path / "photo.png", path / "result.png", mapping)
    with Image.open(path / "result.png") as image:
        return np.asarray(image)


def test_a_photo_of_the_cameras_size_is_mapped_as_by_colmap(tmp_path):
    camera, pixels = distorted_camera(), np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    options = pycolmap.UndistortCameraOptions()
    options.max_image_size = 160
    expected, _ = pycolmap.undistort_image(options, pycolmap.Bitmap.from_array(pixels), camera)
    result = undistorted(Image.fromarray(pixels), tmp_path, camera)
    assert result.shape == expected.to_array().shape
    assert np.abs(result.astype(int) - expected.to_array())[1:-1, 1:-1].max() <= 1


@pytest.mark.parametrize("factor", [1.5, 2.0, 3.3])
def test_a_larger_original_shows_the_same_at_the_same_places(tmp_path, factor):
    camera = distorted_camera()
    small = undistorted(smooth_photo(160, 120), tmp_path, camera)
    large = undistorted(smooth_photo(round(160 * factor), round(120 * factor)), tmp_path, camera)
    assert large.shape == small.shape
    assert np.abs(large.astype(int) - small).mean() < 1.0


def test_what_is_finer_than_a_pixel_is_averaged(tmp_path):
    stripes = np.zeros((240, 320, 3), np.uint8)
    stripes[:, ::2] = 200
    result = undistorted(Image.fromarray(stripes), tmp_path, distorted_camera())
    np.testing.assert_allclose(result, 100, atol=1)


def test_gray_photos_stay_gray(tmp_path):
    photo = smooth_photo(160, 120)
    in_color = undistorted(photo.convert("L").convert("RGB"), tmp_path, distorted_camera())
    result = undistorted(photo.convert("L"), tmp_path, distorted_camera())
    np.testing.assert_array_equal(result, in_color[..., 0])


def test_exif_is_kept_the_profile_is_not_and_the_orientation_is_not_applied(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[274] = 6
    smooth_photo(320, 240).save(tmp_path / "photo.jpg", exif=exif, icc_profile=profile, quality=95)
    camera = distorted_camera()
    target = undistorted_camera(camera)
    undistort_photo(tmp_path / "photo.jpg", tmp_path / "result.jpg", undistortion_map(camera, target))
    with Image.open(tmp_path / "result.jpg") as image:
        assert image.size == (target.width, target.height)
        assert "icc_profile" not in image.info
        assert image.getexif()[274] == 6
