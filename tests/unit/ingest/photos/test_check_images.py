import pytest
from PIL import Image

from components.ingest.photos.check_images import check_images
from components.ingest.settings import IngestSettings
from components.ingest.source.source_file import SourceFile


@pytest.fixture
def check(photos, tmp_path):
    """A function that checks the good photos in the given order, and the progress that it reported."""

    def check(*names):
        seen = []
        files = [SourceFile(name, photos / name) for name in names]
        return check_images(files, tmp_path, IngestSettings(), seen.append), seen

    return check


def test_results_have_the_order_of_the_photos(check):
    images, seen = check("c.jpg", "a.jpg", "b.jpg")
    assert [image.info.name for image in images] == ["c.jpg", "a.jpg", "b.jpg"]
    assert [image.preview.pixels.shape for image in images] == [(192, 256)] * 3
    assert [(step.phase, step.note) for step in seen] == [
        ("check", f"{done} of 3 photos") for done in (1, 2, 3)
    ]
    assert seen[-1].fraction == 1.0


def test_pillows_own_limit_is_restored(photos, run):
    before = Image.MAX_IMAGE_PIXELS
    run(photos)
    assert before == Image.MAX_IMAGE_PIXELS
