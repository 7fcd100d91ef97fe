"""Masks under the names and with the values that other tools write."""

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image

from tests.unit.ingest.samples import textured_image

USED = np.zeros((240, 320), bool)
USED[:, 80:] = True


def mask_image(used=USED):
    return Image.fromarray(used.astype(np.uint8) * 255)


def masks_written(tmp_path):
    folder = tmp_path / "artifacts" / "capture" / "masks"
    paths = sorted(path for path in folder.rglob("*.png"))
    return {path.relative_to(folder).as_posix(): np.asarray(Image.open(path)) for path in paths}


@pytest.mark.parametrize(
    "name",
    [
        "masks/a.jpg.png",
        "masks/a.png",
        "Masks/A.PNG",
        "mask/a.png",
        "_masks/a.png",
        "mask_images/a.png",
        "image_masks/a.png",
        "masks/a_mask.png",
        "masks/a.mask.png",
        "masks/a.jpg.mask.png",
        "a_mask.png",
        "a.mask.png",
        "a-mask.png",
        "a_MASK.png",
        "a mask.png",
        "mask_a.png",
        "Mask-a.jpg.png",
        "masks/mask_a.png",
        "a.jpg_mask.png",
        "a_masks.tif",
        "masks/a.jpg",
        "masks/a.webp",
        "masks/a.bmp",
    ],
)
def test_names_of_masks(photos, run, tmp_path, name):
    path = photos / name
    path.parent.mkdir(exist_ok=True)
    mask_image().save(path, quality=95)
    content = run(photos)
    assert [image["verdict"] for image in content["images"]] == ["accepted"] * 4
    assert content["notes"] == []
    (written,) = masks_written(tmp_path).values()
    assert np.mean((written > 0) == USED) > 0.98


def rgba(used):
    pixels = np.full((*used.shape, 4), 255, np.uint8)
    pixels[..., 3] = used * 255
    return Image.fromarray(pixels)


def palette(used):
    image = Image.fromarray(used.astype(np.uint8))
    image.putpalette([0, 0, 0, 128, 0, 0])
    return image


@pytest.mark.parametrize(
    ("suffix", "make"),
    [
        ("png", lambda used: mask_image(used).convert("1")),
        ("png", lambda used: mask_image(used).convert("RGB")),
        ("png", lambda used: Image.fromarray(used.astype(np.uint8))),
        ("png", rgba),
        ("png", palette),
        ("png", lambda used: Image.fromarray(used.astype(np.uint16) * 65535)),
        ("tif", lambda used: Image.fromarray(used.astype(np.uint16) * 65535)),
        ("tif", lambda used: Image.fromarray(used.astype(np.float32))),
        ("png", lambda used: mask_image(used).resize((160, 120), Image.Resampling.NEAREST)),
        ("png", lambda used: mask_image(used).resize((640, 480), Image.Resampling.NEAREST)),
    ],
    ids=["1 bit", "rgb", "0 and 1", "alpha", "palette", "png 16", "tiff 16", "float", "half", "double"],
)
def test_values_of_masks(photos, run, tmp_path, suffix, make):
    (photos / "masks").mkdir()
    make(USED).save(photos / "masks" / f"a.{suffix}")
    assert run(photos)["images"][0]["masked_fraction"] == 0.25
    assert np.array_equal(masks_written(tmp_path)["a.jpg.png"] > 0, USED)


def test_masks_in_heif(photos, run, tmp_path):
    (photos / "masks").mkdir()
    pillow_heif.from_pillow(mask_image().convert("RGB")).save(photos / "masks" / "a.heic", quality=95)
    run(photos)
    assert np.mean((masks_written(tmp_path)["a.jpg.png"] > 0) == USED) > 0.98


@pytest.mark.parametrize("name", ["a_alpha.png", "alpha/a.png", "a_seg.jpg", "aMask.png", "camera_mask.png"])
def test_masks_under_names_of_photos_are_not_taken_for_photos(photos, run, name):
    path = photos / name
    path.parent.mkdir(exist_ok=True)
    mask_image().save(path, quality=90)
    verdicts = {image["name"]: (image["verdict"], image["reason"]) for image in run(photos)["images"]}
    verdict, reason = verdicts.pop(name)
    assert verdict == "unsupported"
    assert reason.startswith("it is black and white alone, as masks are; the mask of a.jpg is masks/a.png")
    assert set(verdicts.values()) == {("accepted", "")}


def test_a_photo_of_two_values_with_a_name_of_its_own_stays(photos, run):
    mask_image().save(photos / "silhouette.png")
    assert {image["verdict"] for image in run(photos)["images"]} == {"accepted"}


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_of_the_upright_photo_is_turned_to_the_stored_one(photos, run, tmp_path, orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    textured_image(9).save(photos / "a.jpg", exif=exif)
    turns = {
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    used = USED.copy()
    used[:30] = False
    (photos / "masks").mkdir()
    mask_image(used).transpose(turns[orientation]).save(photos / "masks" / "a.png")
    content = run(photos)
    assert np.array_equal(masks_written(tmp_path)["a.jpg.png"] > 0, used)
    assert content["notes"] == ["1 mask was drawn upright, and turned to how the camera stored the photo."]


def test_the_mask_and_the_transparency_of_a_photo_both_count(photos, run, tmp_path):
    transparent = textured_image(9).convert("RGBA")
    alpha = np.full((240, 320), 255, np.uint8)
    alpha[:60] = 0
    transparent.putalpha(Image.fromarray(alpha))
    transparent.save(photos / "z.png")
    (photos / "masks").mkdir()
    mask_image().save(photos / "masks" / "z.png")
    run(photos)
    assert np.array_equal(masks_written(tmp_path)["z.png.png"] > 0, USED & (alpha > 0))


def test_of_photos_with_equal_names_the_nearest_is_meant(photos, run, tmp_path):
    for day, name in (("1", "a"), ("2", "b")):
        (photos / day / "masks").mkdir(parents=True)
        (photos / f"{name}.jpg").rename(photos / day / "x.jpg")
        mask_image(USED if day == "1" else ~USED).save(photos / day / "masks" / "x.png")
    assert run(photos)["notes"] == []
    written = masks_written(tmp_path)
    assert np.array_equal(written["1/x.jpg.png"] > 0, USED)
    assert np.array_equal(written["2/x.jpg.png"] > 0, ~USED)


def test_a_photo_called_like_a_mask_is_a_photo_if_there_is_no_other(photos, run):
    (photos / "a.jpg").rename(photos / "carnival_mask.jpg")
    assert "images/carnival_mask.jpg" in run(photos)["names"]


def test_smaller_masks_of_nerfstudio_are_not_used(photos, run, tmp_path):
    for folder, used in (("masks", USED), ("masks_2", ~USED)):
        (photos / folder).mkdir()
        mask_image(used).save(photos / folder / "a.png")
    content = run(photos)
    assert content["notes"] == []
    assert np.array_equal(masks_written(tmp_path)["a.jpg.png"] > 0, USED)


def test_a_mask_with_a_header_of_absurd_size_costs_its_photo_only(photos, run):
    (photos / "masks").mkdir()
    path = photos / "masks" / "a.bmp"
    mask_image().save(path)
    data = bytearray(path.read_bytes())
    data[18:26] = (60_000).to_bytes(4, "little") + (45_000).to_bytes(4, "little")
    path.write_bytes(data)
    image = run(photos)["images"][0]
    assert (image["verdict"], "cannot be used" in image["reason"]) == ("bad mask", True)
