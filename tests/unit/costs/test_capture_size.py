"""Number and size of photos, from checked photos or from files that were only listed."""

from components.shared.contracts.capture import CaptureImage, ImageVerdict
from pipelines.costs.capture_size import CaptureSize, size_of_files, size_of_photos


def photo(name, side, verdict=ImageVerdict.ACCEPTED):
    return CaptureImage(name=name, width=4 * side, height=3 * side, verdict=verdict)


def test_rejected_photos_do_not_count():
    photos = [photo("a", 100), photo("b", 200), photo("c", 200), photo("d", 900, ImageVerdict.BLURRED)]
    assert size_of_photos(photos) == CaptureSize(3, 800, 600)


def test_photos_among_other_files_are_counted_and_their_bytes_say_their_size():
    size = size_of_files({"a.JPG": 400_000, "b.heic": 200_000, "poses.json": 9_000_000}, 150)
    assert (size.photos, size.is_assumed) == (2, True)
    assert 0.9 < size.megapixels < 1.1


def test_an_archive_has_a_photo_for_each_3_mb():
    assert size_of_files({"photos.zip": 300_000_000}, 150).photos == 100


def test_a_video_has_as_many_frames_as_are_taken():
    assert size_of_files({"walk.mp4": 80_000_000}, 150).photos == 150


def test_small_photos_are_enlarged_up_to_the_limit():
    assert CaptureSize(1, 800, 600).shrunk_megapixels(1000, enlargement=2.0) == 0.75
