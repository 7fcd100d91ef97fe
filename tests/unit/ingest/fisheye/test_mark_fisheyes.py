"""Photos of fisheyes are used as such: circles are masked, and the focal length follows from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from tests.unit.ingest.films import write_film
from tests.unit.ingest.lens_pictures import disc
from tests.unit.ingest.samples import textured_image

NOTE = "photos were taken with a fisheye lens, and will be shown in flat views."


def save_disc(folder, name, seed, radius=190, brightness=1.0):
    picture = disc(480, 400, [(244, 198)], radius, seed) * brightness
    Image.fromarray(picture.astype(np.uint8)).save(folder / name, quality=92)


@pytest.fixture
def folder(tmp_path):
    """Four photos of a circular fisheye."""
    folder = tmp_path / "fisheye"
    folder.mkdir()
    for seed in range(4):
        save_disc(folder, f"{seed}.jpg", seed)
    return folder


def mask_of(capture, image):
    return np.asarray(Image.open(capture / "masks" / f"{image['name']}.png")) > 0


def test_circular_fisheyes(folder, run, tmp_path):
    content = run(folder)
    (group,) = content["camera_groups"]
    assert group["lens"] == "fisheye"
    assert not group["is_exact"]
    assert group["center"] == pytest.approx([244, 198], abs=2)
    assert group["focal_length_px"] == pytest.approx(190 / (math.pi / 2), rel=0.02)
    assert content["notes"] == [f"4 {NOTE}"]
    y, x = np.mgrid[0.5:400, 0.5:480]
    distance = np.hypot(x - 244, y - 198)
    for image in content["images"]:
        used = mask_of(tmp_path / "artifacts" / "capture", image)
        assert image["masked_fraction"] == pytest.approx(1 - used.mean())
        assert used[distance < 0.9 * 190].all()
        assert not used[distance > 0.96 * 190].any()


def test_a_dark_photo_of_a_fisheye_has_the_circle_of_the_others(folder, run):
    save_disc(folder, "night.jpg", 9, brightness=0.06)
    content = run(folder)
    assert [image["camera_group"] for image in content["images"]] == [0] * 5


def test_a_flat_photo_of_another_camera_stays_flat(folder, run):
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "Maker", "Phone"
    textured_image(9, 480, 400).save(folder / "flat.jpg", exif=exif)
    content = run(folder)
    assert {group["model"]: group["lens"] for group in content["camera_groups"]} == {
        "": "fisheye",
        "Phone": "perspective",
    }
    assert content["notes"] == [f"4 {NOTE}"]


def test_masks_that_come_along_are_joined(folder, run, tmp_path):
    (folder / "masks").mkdir()
    pixels = np.full((400, 480), 255, np.uint8)
    pixels[:, :240] = 0
    Image.fromarray(pixels).save(folder / "masks" / "0.png")
    image = run(folder)["images"][0]
    used = mask_of(tmp_path / "artifacts" / "capture", image)
    assert not used[:, :240].any()
    assert not used[0].any()
    assert image["masked_fraction"] == pytest.approx(0.71, abs=0.03)


@pytest.mark.parametrize(
    ("focal_35mm", "focal_px"),
    [(15, 15 / 43.27 * 400), (None, 200 / (math.pi / 2))],
    ids=["stated", "unknown"],
)
def test_lenses_that_fill_the_frame_are_told_by_name(photos, run, focal_35mm, focal_px):
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "Maker", "Camera"
    exif.get_ifd(IFD.Exif)[Base.LensModel] = "15mm F2.8 Fish-Eye"
    if focal_35mm:
        exif.get_ifd(IFD.Exif)[Base.FocalLengthIn35mmFilm] = focal_35mm
    for seed in range(3):
        textured_image(20 + seed).save(photos / f"wide_{seed}.jpg", exif=exif)
    content = run(photos)
    groups = {group["model"]: group for group in content["camera_groups"]}
    assert groups[""]["lens"] == "perspective"
    assert (groups["Camera"]["lens"], groups["Camera"]["center"]) == ("fisheye", None)
    assert groups["Camera"]["focal_length_px"] == pytest.approx(focal_px)
    assert content["notes"] == [f"3 {NOTE}"]


def test_films_of_a_circular_fisheye(tmp_path, run):
    frames = [disc(640, 480, [(320, 240)], 230, seed).astype(np.uint8) for seed in range(4)]
    film = write_film(tmp_path / "walk.mp4", [np.repeat(frame[..., None], 3, axis=2) for frame in frames])
    content = run(film)
    assert [group["lens"] for group in content["camera_groups"]] == ["fisheye"]
