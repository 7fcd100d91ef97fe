"""360° photos, panoramas and circular fisheyes are told apart, by metadata or content, from flat photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from components.ingest.photos.recognize_panorama import (
    Projection,
    is_sphere,
    seen_projection,
    stated_projection,
)
from tests.unit.ingest.films import walk, write_film
from tests.unit.ingest.lens_pictures import disc, sphere
from tests.unit.ingest.samples import refused, textured_image

CAPTURES = Path(__file__).parents[5] / "shared" / "captures"
NAMESPACE = "http://ns.google.com/photos/1.0/panorama/"
ATTRIBUTE = f'<rdf:Description xmlns:GPano="{NAMESPACE}" GPano:ProjectionType="equirectangular"/>'
ELEMENT = f'<d xmlns:GPano="{NAMESPACE}"><GPano:ProjectionType>\n cylindrical </GPano:ProjectionType></d>'


@pytest.mark.parametrize("xmp", [ATTRIBUTE, ELEMENT, ATTRIBUTE.replace('"', "'")])
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "PNG", "HEIF", "AVIF"])
def test_the_projection_that_xmp_states(tmp_path, kind, xmp):
    pillow_heif.register_heif_opener()
    path = tmp_path / "a"
    options: dict[str, object] = {"xmp": xmp.encode()}
    if kind == "TIFF":
        options = {"tiffinfo": {700: xmp.encode()}}
    if kind == "PNG":
        options = {"pnginfo": PngInfo()}
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp)
    textured_image(1).save(path, kind, **options)
    with Image.open(path) as image:
        image.load()
        stated = stated_projection(image)
    assert stated == (Projection.SPHERE if xmp != ELEMENT else Projection.CYLINDER)


def test_spheres_without_metadata():
    assert is_sphere(sphere())
    assert is_sphere(sphere(500, 7))
    assert not is_sphere(sphere()[:, :1000]), "a part of a sphere is not 2:1"
    assert not is_sphere(np.roll(sphere(), 100, axis=0)), "its poles are not at the top and the bottom"
    cut = np.concatenate([sphere()[:, 100:], sphere(1024, 9)[:, :100]], axis=1)
    assert not is_sphere(cut), "its edges do not continue each other"


def test_flat_photos_of_two_to_one_are_no_spheres():
    photo = np.asarray(textured_image(3, 1024, 512).convert("L"), np.float32)
    assert not is_sphere(photo)
    sky = np.linspace(250, 60, 512)[:, None] * np.ones((1, 1024))
    assert not is_sphere(sky), "a plain gradient continues over its edges"
    on_white = np.full((512, 1024), 250.0)
    on_white[150:400, 300:700] = photo[150:400, 300:700]
    assert not is_sphere(on_white)
    assert not is_sphere(np.concatenate([photo[:, :512], photo[:, 511::-1]], axis=1)), "a mirrored facade"


@pytest.mark.parametrize(
    ("size", "centers", "radius"),
    [
        ((1200, 900), [(600, 450)], 440),
        ((900, 900), [(450, 450)], 450),
        ((1200, 800), [(610, 395)], 480),  # cut at the top and the bottom
        ((1600, 800), [(400, 400), (1200, 400)], 395),
        ((600, 1200), [(300, 600)], 290),
    ],
)
def test_circular_fisheyes(size, centers, radius):
    expected = Projection.FISHEYE if len(centers) == 1 else Projection.TWO_FISHEYES
    assert seen_projection(disc(*size, centers, radius)) == expected


def test_things_on_black_and_vignettes_are_no_fisheyes():
    photo = np.asarray(textured_image(3, 1200, 800).convert("L"), np.float32)
    y, x = np.mgrid[0.5:800, 0.5:1200]
    distance = np.hypot(x - 600, y - 400)
    for name, weight in {
        "vignette": np.clip(1.6 - distance / 500, 0, 1),
        "aside": np.hypot(x - 480, y - 400) < 340,
        "small": distance < 250,
        "ellipse": ((x - 600) / 420) ** 2 + ((y - 400) / 330) ** 2 < 1,
        "square": np.maximum(abs(x - 600), abs(y - 400)) < 340,
        "whole": distance < 9999,
        "black": distance < 0,
    }.items():
        assert seen_projection(photo * weight) == Projection.FLAT, name


@pytest.mark.slow
@pytest.mark.skipif(not CAPTURES.exists(), reason="needs ../shared/captures")
def test_crops_of_real_photos_are_flat():
    rng = np.random.default_rng(0)
    paths = [*sorted((CAPTURES / "castle").iterdir()), *sorted((CAPTURES / "bonsai").iterdir())[::16]]
    for path in paths:
        with Image.open(path) as image:
            gray = np.asarray(image.convert("L"), np.float32)
        for _ in range(6):
            height = int(rng.integers(160, min(gray.shape[0], gray.shape[1] // 2)))
            top, left = (int(rng.integers(0, most)) for most in np.subtract(gray.shape, (height, 2 * height)))
            crop = gray[top : top + height, left : left + 2 * height]
            assert seen_projection(crop) == Projection.FLAT, (path.name, top, left, height)


def test_a_capture_of_raw_360_photos_says_so_once(tmp_path, run):
    folder = tmp_path / "walk"
    folder.mkdir()
    for seed in range(8):
        picture = disc(640, 320, [(160, 160), (480, 160)], 157, seed).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"R00{seed}.JPG", quality=92)
    error = refused(run, folder)
    assert (
        "0 of 8 photos can be used; at least 3 are needed\n  R000.JPG and 7 more: unsupported ("
        in error.message
    )
    assert error.message.count("two fisheyes that are not stitched yet") == 1
    assert error.remedy.startswith("Export 360° photos (equirectangular")


def test_pairs_for_both_eyes(photos, run):
    xmp = ATTRIBUTE.encode()
    Image.fromarray(np.concatenate([sphere(512), sphere(512)])).save(photos / "both.jpg", xmp=xmp)
    (both,) = (image for image in run(photos)["images"] if image["name"] == "both.jpg")
    assert both["reason"].startswith("it is a pair of 360° photos for both eyes;")


def as_frames(pictures):
    return [np.repeat(picture.astype(np.uint8)[..., None], 3, axis=2) for picture in pictures]


def test_films_without_a_mark_of_360(tmp_path, run):
    spheres = as_frames(sphere(640, 20 * seed) for seed in range(4))
    content = run(write_film(tmp_path / "sphere.mp4", spheres))
    assert content["notes"] == ["3 360° photos were rendered as 8 flat views each."]


def test_raw_films_of_360_cameras(tmp_path, run):
    raw = as_frames(disc(640, 320, [(160, 160), (480, 160)], 157, seed) for seed in range(4))
    error = refused(run, write_film(tmp_path / "raw.mp4", raw))
    assert "raw.mp4 shows the raw pictures of a 360° camera, two fisheyes" in error.message


def test_a_film_that_fades_in_from_a_sphere_is_flat(tmp_path, run):
    film = [*as_frames([sphere(640, 9)]), *walk(5, 640, 320)]
    images = run(write_film(tmp_path / "walk.mp4", film), max_video_frames_per_second=10)["images"]
    assert sum(image["rig"] is None for image in images) == 5


@pytest.mark.parametrize(("make", "verdict"), [("Apple", "unsupported"), ("Other", "accepted")])
def test_a_panorama_of_an_iphone(photos, run, make, verdict):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = make
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.CustomRendered] = 6
    textured_image(9, 960, 240).save(photos / "pano.jpg", exif=exif)
    found = {image["name"]: image for image in run(photos)["images"]}["pano.jpg"]
    assert found["verdict"] == verdict
    assert ("it is a stitched panorama" in found["reason"]) == (verdict == "unsupported")
