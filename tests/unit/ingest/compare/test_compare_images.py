import numpy as np
from PIL import Image

from tests.unit.ingest.samples import refused, textured_image


def test_the_same_photo_twice(photos, judge):
    (photos / "copy of a.jpg").write_bytes((photos / "a.jpg").read_bytes())
    assert judge("copy of a.jpg") == ("duplicate", "the same file as a.jpg")


def test_one_moved_photo_among_sharp_ones(photos, run):
    for seed in range(10, 16):
        textured_image(seed).save(photos / f"{seed}.jpg", quality=90)
    moved = np.mean([np.roll(np.asarray(textured_image(30)), shift, axis=1) for shift in range(12)], axis=0)
    Image.fromarray(moved.astype(np.uint8)).save(photos / "moved.jpg", quality=90)
    images = {image["name"]: image for image in run(photos)["images"]}
    assert images["moved.jpg"]["verdict"] == "blurred"
    assert "the limit is 10%" in images["moved.jpg"]["reason"]
    assert [name for name, image in images.items() if image["verdict"] != "accepted"] == ["moved.jpg"]
    assert {image["verdict"] for image in run(photos, min_sharpness=0.0)["images"]} == {"accepted"}


def duplicates(photos, run):
    images = run(photos)["images"]
    return {image["name"]: image["reason"] for image in images if image["verdict"] == "duplicate"}


def test_the_largest_photo_of_a_shot_stays(photos, run):
    (photos / "small").mkdir()
    textured_image(0).resize((280, 210)).save(photos / "small" / "a.jpg")
    textured_image(0).resize((640, 480)).save(photos / "a large copy.jpg")
    assert duplicates(photos, run) == {
        "a.jpg": "the same shot as a large copy.jpg, in 320 x 240 instead of 640 x 480",
        "small/a.jpg": "the same shot as a large copy.jpg, in 280 x 210 instead of 640 x 480",
    }


def test_of_a_picture_that_is_made_of_photos_these_stay(photos, run):
    collage = Image.new("RGB", (640, 240))
    collage.paste(textured_image(0), (0, 0))
    collage.paste(textured_image(1), (320, 0))
    collage.save(photos / "collage.png")
    assert duplicates(photos, run) == {"collage.png": "it shows a.jpg with something around it, or uncropped"}


def test_of_a_photo_in_a_frame_with_a_caption_the_photo_stays(photos, run):
    framed = Image.new("RGB", (320, 300), "white")
    framed.paste(textured_image(0), (0, 0))
    framed.paste((0, 0, 0), (20, 262, 200, 278))
    framed.save(photos / "framed.png")
    assert duplicates(photos, run) == {"framed.png": "it shows a.jpg with something around it, or uncropped"}


def test_of_equal_photos_that_with_a_name_like_the_others_stays(photos, run):
    for number, name in enumerate(("a", "b", "c", "d")):
        (photos / f"{name}.jpg").rename(photos / f"IMG_{number}.jpg")
    textured_image(0).save(photos / "bw.jpg", quality=95)
    assert duplicates(photos, run) == {"bw.jpg": "the same shot as IMG_0.jpg"}


def test_a_photo_that_needed_no_conversion_stays(photos, run):
    textured_image(0).save(photos / "A.webp", quality=95)
    assert duplicates(photos, run) == {"A.webp.jpg": "the same shot as a.jpg, which needed no conversion"}


def test_a_photo_with_exif_stays(photos, run):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    textured_image(0).save(photos / "with metadata.jpg", quality=90, exif=exif)
    assert duplicates(photos, run) == {"a.jpg": "the same shot as with metadata.jpg, which has EXIF data"}


def test_a_photo_with_a_mask_stays(photos, run):
    textured_image(0).resize((640, 480)).save(photos / "large.jpg")
    (photos / "masks").mkdir()
    mask = np.full((240, 320), 255, np.uint8)
    mask[:60] = 0
    Image.fromarray(mask).save(photos / "masks" / "a.png")
    assert duplicates(photos, run) == {"large.jpg": "the same shot as a.jpg, which has a mask"}


def test_of_equal_photos_the_shortest_name_stays(photos, run):
    textured_image(0).save(photos / "a (1).jpg", quality=80)
    assert duplicates(photos, run) == {"a (1).jpg": "the same shot as a.jpg"}


def test_one_flat_colour(photos, judge):
    Image.new("RGB", (320, 240), (0, 0, 0)).save(photos / "black.jpg")
    Image.new("RGB", (320, 240), (90, 20, 10)).save(photos / "red.png")
    assert judge("black.jpg") == ("blank", "it is one flat colour: nothing can be seen in it")
    assert judge("red.png")[0] == "blank"


def test_nothing_but_copies_of_one_view(tmp_path, run):
    (tmp_path / "burst").mkdir()
    for number in range(8):
        textured_image(0).save(tmp_path / "burst" / f"{number}.jpg", quality=85 + number)
    error = refused(run, tmp_path / "burst")
    assert "all 8 photos show the same view; at least 3 views are needed" in error.message
    assert "damaged" not in error.remedy
