from pathlib import Path

from components.shared.contracts.capture import CAPTURE_FILE, CaptureImage, CaptureInfo, ImageVerdict
from components.shared.files import read_json

WRITTEN = Path(__file__).parents[3] / "data" / "version_0_1_0" / CAPTURE_FILE


def test_a_file_of_version_0_1_0_is_read_whole():
    written, info = read_json(WRITTEN), CaptureInfo.read(WRITTEN)
    assert [image["name"] for image in written["images"]] == [image.name for image in info.accepted]
    added = {"exif_error": None, "source_name": "", "changes": [], "position": None, "rig": None}
    images = [{**added, **image, "gps": _with_accuracy(image["gps"])} for image in written["images"]]
    added = {"center": None, "lens": "perspective", "is_exact": False}
    groups = [{**group, **added} for group in written["camera_groups"]]
    assert info.to_json() == {**written, "images": images, "camera_groups": groups, "notes": []}
    assert info.images[0].width == 272


def _with_accuracy(gps):
    return gps and {**gps, "accuracy_m": None, "altitude_accuracy_m": None}


def test_figures_and_summary_name_what_was_rejected():
    images = [
        CaptureImage(name="a.jpg", bytes=10, masked_fraction=0.5, changes=("CMYK to sRGB",)),
        CaptureImage(name="b.jpg", verdict=ImageVerdict.BLURRED, reason="moved", exif_error="x"),
    ]
    info = CaptureInfo(images=images, camera_groups=[], ordered=True, notes=("a.txt was not read",))
    figures = {
        "images": 2,
        "accepted": 1,
        "rejected": [{"name": "b.jpg", "verdict": "blurred", "reason": "moved"}],
        "changes": {"CMYK to sRGB": 1},
        "notes": ["a.txt was not read"],
    }
    assert info.figures().to_json() == figures
    assert info.summary().to_json() == {**figures, "ordered": True}
    assert info.metrics() == {
        "images": 2,
        "images_accepted": 1,
        "images_rejected": 1,
        "camera_groups": 0,
        "exif_errors": 1,
        "images_masked": 1,
        "capture_bytes": 10,
    }
