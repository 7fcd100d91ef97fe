"""The colours of a scene's images are those that a colour-managed viewer shows of the photos."""

import numpy as np
import pycolmap
import pytest
from PIL import Image

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.capture import read_capture
from components.sfm.features.shrink_photos import shrink_photos
from components.sfm.scene_images.undistort import undistort
from components.shared.progress import ignore_progress
from tests.unit.ingest.icc_files import DISPLAY_P3
from tests.unit.ingest.image_files import png_bytes

WIDTH, HEIGHT = 640, 480
NAMES = ("16 bits.png", "cmyk.jpg", "gray.png", "p3.jpg", "two.MPO", "wrong.jpg")


def smooth_photo(seed):
    """Muted colours of low frequency, uint8 [480, 640, 3]."""
    small = np.random.default_rng(seed).integers(60, 200, (5, 6, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


@pytest.fixture
def expected(tmp_path):
    """Writes a photo of each kind to `photos`; returns levels [H, W, 3] by the name in the source."""
    folder = tmp_path / "photos"
    folder.mkdir()
    pixels = {name: smooth_photo(seed) for seed, name in enumerate(NAMES)}
    images = {name: Image.fromarray(value) for name, value in pixels.items()}
    (folder / "16 bits.png").write_bytes(png_bytes(pixels["16 bits.png"].astype(np.uint16) * 257))
    inks = images["cmyk.jpg"].convert("CMYK")
    inks.save(folder / "cmyk.jpg", quality=97)
    images["gray.png"].convert("L").save(folder / "gray.png")
    images["p3.jpg"].save(folder / "p3.jpg", quality=97, subsampling=0, icc_profile=DISPLAY_P3.profile())
    second = [images["p3.jpg"].resize((80, 60))]
    images["two.MPO"].save(folder / "two.MPO", save_all=True, append_images=second, quality=97, subsampling=0)
    images["wrong.jpg"].save(folder / "wrong.jpg", "PNG")
    levels = {name: value.astype(float) for name, value in pixels.items()}
    levels["p3.jpg"] = DISPLAY_P3.srgb(pixels["p3.jpg"] / 255)
    ink = np.asarray(inks, float) / 255
    levels["cmyk.jpg"] = 255 * (1 - ink[..., :3]) * (1 - ink[..., 3:])
    levels["gray.png"] = np.repeat(np.asarray(images["gray.png"].convert("L"), float)[..., None], 3, axis=2)
    return levels


@pytest.mark.slow
def test_undistorted_images(expected, tmp_path):
    """Cameras of half the size with distortion of less than 0.1 px: the photos are shrunk and resampled."""
    info = ingest(str(tmp_path / "photos"), tmp_path / "capture", IngestSettings(min_sharpness=0))
    sources = {image.name: image.source_name or image.name for image in info.images}
    assert sorted(sources.values()) == sorted(NAMES)
    capture = read_capture(tmp_path / "capture")
    shrink_photos(capture, tmp_path / "shrunk", WIDTH // 2, ignore_progress)
    model = pycolmap.Reconstruction()
    params = [300.0, WIDTH / 4, HEIGHT / 4, 1e-6, 0.0]
    model.add_camera_with_trivial_rig(
        pycolmap.Camera(model="RADIAL", width=WIDTH // 2, height=HEIGHT // 2, params=params, camera_id=1)
    )
    for photo in capture.photos:
        image = pycolmap.Image(name=photo.colmap_name, camera_id=1, image_id=photo.id)
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d())
    (tmp_path / "scene").mkdir()
    undistort(model, capture, None, tmp_path / "scene", ignore_progress)
    for photo in capture.photos:
        for path in (tmp_path / "scene" / "images" / photo.name, tmp_path / "shrunk" / photo.colmap_name):
            with Image.open(path) as image:
                assert image.mode == ("L" if photo.name == "gray.png" else "RGB")
                assert "icc_profile" not in image.info
                inset = WIDTH // 2 - image.width  # undistortion leaves out the border
                result = _block_means(image.convert("RGB"))
            source = np.clip(expected[sources[photo.name]], 0, 255).round().astype(np.uint8)
            assert np.abs(result - _block_means(_inner(source, inset))).max() <= 2


def _inner(pixels, inset):
    return Image.fromarray(pixels[inset : HEIGHT - inset, inset : WIDTH - inset])


def _block_means(image):
    return np.asarray(image.resize((16, 12), Image.Resampling.BOX), float)
