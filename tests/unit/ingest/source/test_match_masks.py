"""Masks beside photos: found, checked, written; never taken for photos."""

import numpy as np
import pytest
from PIL import Image


def save_mask(path, width=320, height=240, left=80):
    """Black on the left."""
    pixels = np.full((height, width), 255, np.uint8)
    pixels[:, :left] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def masked(photos):
    save_mask(photos / "masks" / "a.jpg.png")
    save_mask(photos / "masks" / "b.png", 160, 120, 40)
    return photos


def verdicts(content):
    return {image["name"]: image["verdict"] for image in content["images"]}


def test_masks_are_written_under_their_photos_names(masked, run, tmp_path):
    content = run(masked)
    assert [name for name in content["names"] if name.startswith("masks/")] == [
        "masks/a.jpg.png",
        "masks/b.jpg.png",
    ]
    assert verdicts(content) == dict.fromkeys(("a.jpg", "b.jpg", "c.jpg", "d.jpg"), "accepted")
    fractions = [image["masked_fraction"] for image in content["images"]]
    assert fractions == [0.25, 0.25, None, None]
    written = Image.open(tmp_path / "artifacts" / "capture" / "masks" / "b.jpg.png")
    assert written.size == (320, 240)
    assert set(np.unique(written)) == {0, 255}


@pytest.mark.parametrize(
    ("size", "words"),
    [((240, 320), "240 x 320 pixels"), ((320, 240), "it excludes 100.0% of the photo")],
)
def test_a_photo_whose_mask_is_of_no_use_is_not_used(photos, run, size, words):
    save_mask(photos / "masks" / "a.jpg.png", *size, left=size[0])
    image = run(photos)["images"][0]
    assert image["verdict"] == "bad mask"
    assert words in image["reason"]


def test_a_damaged_mask_is_reported(photos, run):
    (photos / "masks").mkdir()
    (photos / "masks" / "a.png").write_bytes(b"no image")
    assert verdicts(run(photos))["a.jpg"] == "bad mask"


def test_a_mask_without_a_photo_is_reported(masked, run):
    save_mask(masked / "masks" / "z.jpg.png")
    content = run(masked)
    assert len(content["images"]) == 4
    assert content["notes"] == [
        "A mask is not used, because it matches no photo, or several: masks/z.jpg.png; the mask of a.jpg is "
        "masks/a.png, masks/a.jpg.png or a_mask.png, that of all photos mask.png."
    ]


def test_photos_in_folders_have_masks_in_folders(photos, run):
    for day in ("1", "2"):
        (photos / "images" / day).mkdir(parents=True)
    (photos / "a.jpg").rename(photos / "images" / "1" / "a.jpg")
    (photos / "b.jpg").rename(photos / "images" / "2" / "a.jpg")
    save_mask(photos / "masks" / "2" / "a.png")
    masks = [name for name in run(photos)["names"] if name.startswith("masks/")]
    assert masks == ["masks/images/2/a.jpg.png"]


@pytest.mark.parametrize("name", ["mask.png", "masks/mask.tif"])
def test_a_mask_for_all_photos_is_used_for_those_of_its_shape_without_a_mask_of_their_own(photos, run, name):
    save_mask(photos / name)
    save_mask(photos / "masks" / "a.png", left=160)
    with Image.open(photos / "d.jpg") as image:
        image.crop((0, 0, 320, 200)).save(photos / "d.jpg")
    content = run(photos)
    assert [image["masked_fraction"] for image in content["images"]] == [0.5, 0.25, 0.25, None]
    assert content["notes"] == [
        f"{name} was used for 2 photos.",
        f"{name} was not used for 1 photo: d.jpg: it has 320 x 240 pixels, and the photo has 320 x 200 as "
        "stored.",
    ]


def test_each_camera_may_have_a_mask_for_all_its_photos(photos, run):
    for name in ("a.jpg", "b.jpg"):
        (photos / "left").mkdir(exist_ok=True)
        (photos / name).rename(photos / "left" / name)
    save_mask(photos / "left" / "mask.png", left=160)
    save_mask(photos / "mask.png")
    fractions = {image["name"]: image["masked_fraction"] for image in run(photos)["images"]}
    assert fractions == {"c.jpg": 0.25, "d.jpg": 0.25, "left/a.jpg": 0.5, "left/b.jpg": 0.5}


def test_a_photo_that_is_called_mask_is_no_mask(photos, run):
    with Image.open(photos / "d.jpg") as image:
        image.save(photos / "mask.png")
    content = run(photos)
    assert {image["masked_fraction"] for image in content["images"]} == {None}
    assert content["notes"] == [
        "mask.png was not used for 4 photos: a.jpg: it is not black and white; if it is a photo, give it "
        "another name."
    ]


def test_photos_that_are_all_in_a_folder_of_that_name_are_photos(photos, run, tmp_path):
    photos.rename(tmp_path / "masks")
    (tmp_path / "whole").mkdir()
    (tmp_path / "masks").rename(tmp_path / "whole" / "masks")
    assert len(run(tmp_path / "whole")["images"]) == 4
