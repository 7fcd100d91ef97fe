import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from demo_capture.capture import render_demo_capture

pytestmark = pytest.mark.slow

TINY = {"photos": 2, "width": 64, "height": 48}


def _bytes(folder):
    return [path.read_bytes() for path in sorted(folder.iterdir())]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    return folder, render_demo_capture(folder, **TINY, gps_origin=(47.0, 11.0, 600.0))


def test_the_demo_is_24_photos_and_nothing_else(demo):
    assert sorted(path.name for path in demo.folder.iterdir()) == demo.truth.names
    assert demo.truth.names[0] == "IMG_0001.jpg"
    assert len(demo.truth.names) == 24
    with Image.open(demo.folder / "IMG_0024.jpg") as image:
        assert image.size == (demo.truth.width, demo.truth.height) == (800, 600)


def test_exif_gives_the_true_focal_length(demo):
    with Image.open(demo.folder / "IMG_0003.jpg") as image:
        exif = image.getexif()
    details = exif.get_ifd(IFD.Exif)
    diagonal_px = np.hypot(demo.truth.width, demo.truth.height)
    from_35mm = details[Base.FocalLengthIn35mmFilm] * diagonal_px / np.hypot(36, 24)
    assert from_35mm == pytest.approx(demo.truth.K[0, 0], rel=0.002)
    assert float(details[Base.FocalLength]) == 15.0
    assert (exif[Base.Make], exif[Base.Model]) == ("kubesplat", "Demo camera")
    assert details[Base.DateTimeOriginal] == "2025:06:21 10:00:08"
    assert not exif.get_ifd(IFD.GPSInfo)


def test_gps_gives_the_true_position(tiny):
    folder, truth = tiny
    with Image.open(folder / "IMG_0001.jpg") as image:
        gps = image.getexif().get_ifd(IFD.GPSInfo)
    north = (sum(float(v) / 60**i for i, v in enumerate(gps[GPS.GPSLatitude])) - 47.0) * 111_320
    up = float(gps[GPS.GPSAltitude]) - 600.0
    center = truth.camera(0).center
    np.testing.assert_allclose([north, -up], [center[2], center[1]], atol=0.01)
    assert (gps[GPS.GPSLatitudeRef], gps[GPS.GPSLongitudeRef]) == ("N", "E")


def test_equal_seeds_give_equal_bytes_and_others_do_not(tmp_path):
    for folder, seed in (("a", 5), ("b", 5), ("c", 6)):
        render_demo_capture(tmp_path / folder, **TINY, seed=seed)
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    assert _bytes(tmp_path / "a") != _bytes(tmp_path / "c")


def test_photos_are_sharp_bright_and_never_flat(demo):
    for name in demo.truth.names[::6]:
        with Image.open(demo.folder / name) as image:
            gray = np.asarray(image.convert("L"), float)
        assert 80 < gray.mean() < 180
        assert np.abs(np.diff(gray, axis=1)).mean() > 2.0
        assert np.mean((gray < 2) | (gray > 253)) < 0.01


def test_progress_runs_from_nothing_to_done(tmp_path):
    seen = []
    render_demo_capture(tmp_path, **TINY, on_progress=seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
