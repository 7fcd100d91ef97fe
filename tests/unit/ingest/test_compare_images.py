import numpy as np
from PIL import Image

from tests.unit.ingest.samples import textured_image


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
