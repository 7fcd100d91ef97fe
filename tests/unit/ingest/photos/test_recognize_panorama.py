"""360° photos, panoramas and circular fisheyes are refused, by metadata or content; flat photos are not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from components.ingest.photos.recognize_panorama import is_circular_fisheye, is_sphere, unusable_lens
from tests.unit.ingest.films import walk, write_film
from tests.unit.ingest.samples import refused, textured_image

CAPTURES = Path(__file__).parents[5] / "shared" / "captures"
NAMESPACE = "http://ns.google.com/photos/1.0/panorama/"
ATTRIBUTE = f'<rdf:Description xmlns:GPano="{NAMESPACE}" GPano:ProjectionType="equirectangular"/>'
ELEMENT = f'<d xmlns:GPano="{NAMESPACE}"><GPano:ProjectionType>\n cylindrical </GPano:ProjectionType></d>'


def sphere(width=1024, seed=1):
    """An equirectangular picture of a room of textured walls: uint8 [width / 2, width]."""
    coarse = [textured_image(seed + side, 96, 96).convert("L") for side in range(6)]
    walls = [np.asarray(wall.resize((512, 512), Image.Resampling.BICUBIC), float) for wall in coarse]
    longitude = (np.arange(width) + 0.5) / width * 2 * np.pi - np.pi
    latitude = np.pi / 2 - (np.arange(width // 2) + 0.5) / width * 2 * np.pi
    longitude, latitude = np.meshgrid(longitude, latitude)
    rays = np.stack(
        [np.cos(latitude) * np.sin(longitude), np.cos(latitude) * np.cos(longitude), np.sin(latitude)], -1
    )
    axis = np.abs(rays).argmax(-1)
    depth = np.take_along_axis(rays, axis[..., None], -1)
    points = (rays / np.abs(depth) * 0.5 + 0.5) * 511
    picture = np.zeros(axis.shape)
    for side in range(6):
        on_side = (axis == side // 2) & ((depth[..., 0] > 0) == bool(side % 2))
        u, v = (points[..., other][on_side].round().astype(int) for other in range(3) if other != side // 2)
        picture[on_side] = walls[side][u, v]
    return np.clip(picture, 0, 255).astype(np.uint8)


def disc(width, height, centers, radius, seed=1):
    """A photo within discs, and black outside with noise, as a JPEG decodes it."""
    photo = np.asarray(textured_image(seed, width, height).convert("L"), float)
    y, x = np.mgrid[0.5:height, 0.5:width]
    inside = np.logical_or.reduce([np.hypot(x - cx, y - cy) < radius for cx, cy in centers])
    noise = np.random.default_rng(seed).normal(3, 2, photo.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.where(inside, photo, noise).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG")
    return np.asarray(Image.open(buffer), np.float32)


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
        reason = unusable_lens(image, np.zeros((240, 320)))
    assert reason.startswith("it is a 360° photo;" if xmp != ELEMENT else "it is a stitched panorama;")


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
    assert is_circular_fisheye(disc(*size, centers, radius))


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
        assert not is_circular_fisheye(photo * weight), name


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
            assert not is_sphere(crop), (path.name, top, left, height)
            assert not is_circular_fisheye(crop), (path.name, top, left, height)


def test_a_capture_of_360_photos_says_so_once(tmp_path, run):
    folder = tmp_path / "walk"
    folder.mkdir()
    for seed in range(8):
        Image.fromarray(sphere(512, 20 * seed)).save(folder / f"R00{seed}.JPG", quality=92)
    error = refused(run, folder)
    assert (
        "0 of 8 photos can be used; at least 3 are needed\n  R000.JPG and 7 more: unsupported ("
        in error.message
    )
    assert error.message.count("360°") == 1
    assert error.remedy.startswith("Export flat views")


def test_a_few_360_photos_among_others_are_left_out(photos, run):
    Image.fromarray(sphere(512)).save(photos / "sphere.jpg", quality=92)
    Image.fromarray(disc(400, 300, [(200, 150)], 147).astype(np.uint8)).save(photos / "disc.jpg")
    verdicts = {image["name"]: (image["verdict"], image["reason"]) for image in run(photos)["images"]}
    assert [verdicts[name][0] for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg")] == ["accepted"] * 4
    assert verdicts["sphere.jpg"][1].startswith("it is a 360° photo")
    assert verdicts["disc.jpg"][1].startswith("it is a picture of a circular fisheye lens")


def as_frames(pictures):
    return [np.repeat(picture.astype(np.uint8)[..., None], 3, axis=2) for picture in pictures]


def test_films_without_a_mark_of_360(tmp_path, run):
    spheres = as_frames(sphere(640, 20 * seed) for seed in range(4))
    error = refused(run, write_film(tmp_path / "sphere.mp4", spheres))
    assert "sphere.mp4 is a 360° or fisheye video" in error.message
    discs = as_frames(disc(640, 480, [(320, 240)], 230, seed) for seed in range(4))
    assert "360° or fisheye" in refused(run, write_film(tmp_path / "discs.mp4", discs)).message


def test_a_film_that_fades_in_from_a_disc_is_flat(tmp_path, run):
    film = [*as_frames([disc(640, 480, [(320, 240)], 230, 9)]), *walk(5, 640, 480)]
    images = run(write_film(tmp_path / "walk.mp4", film), max_video_frames_per_second=10)["images"]
    assert [image["verdict"] for image in images] == ["unsupported", *["accepted"] * 5]
