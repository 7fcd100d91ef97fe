from pathlib import Path

import pytest

from components.ingest.photos.check_image import CheckedImage
from components.ingest.source.source_file import SourceFile
from components.ingest.write_capture import write_capture
from components.shared.contracts.capture import CaptureImage, CaptureInfo


@pytest.fixture
def images(tmp_path):
    """A photo of the user's folder with a mask, and a fetched one."""
    mine, scratch = tmp_path / "photos" / "a.jpg", tmp_path / "scratch"
    mine.parent.mkdir()
    scratch.mkdir()
    mine.write_bytes(b"a")
    for name in ("000001", "mask"):
        (scratch / name).write_bytes(name.encode())
    mask = scratch / "mask"
    return [checked("day 1/a.jpg", mine, mask_path=mask), checked("b.jpg", scratch / "000001")]


def checked(name: str, path: Path, **more) -> CheckedImage:
    return CheckedImage(SourceFile(name, path), CaptureImage(name=name), path, **more)


def write(images, folder, scratch, on_progress=lambda _: None):
    info = CaptureInfo(images=[image.info for image in images], camera_groups=[], ordered=False)
    write_capture(info, images, None, folder, scratch, on_progress)
    return info


def test_users_files_are_copied_and_fetched_ones_are_moved(images, tmp_path):
    info = write(images, tmp_path / "capture", tmp_path / "scratch")
    files = {path for path in (tmp_path / "capture").rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path / "capture").as_posix(): path.read_bytes() for path in files} == {
        "capture.json": (tmp_path / "capture" / "capture.json").read_bytes(),
        "images/day 1/a.jpg": b"a",
        "images/b.jpg": b"000001",
        "masks/day 1/a.jpg.png": b"mask",
    }
    assert CaptureInfo.read(tmp_path / "capture" / "capture.json") == info
    assert (tmp_path / "photos" / "a.jpg").exists()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_failure_leaves_nothing(images, tmp_path):
    images[1].path.unlink()
    with pytest.raises(FileNotFoundError, match="000001"):
        write(images, tmp_path / "output" / "capture", tmp_path / "scratch")
    assert list((tmp_path / "output").iterdir()) == []


def test_progress_counts_photos(images, tmp_path):
    seen = []
    write(images, tmp_path / "capture", tmp_path / "scratch", seen.append)
    assert [(step.phase, step.fraction, step.note) for step in seen] == [
        ("write", 0.0, "0 of 2 photos"),
        ("write", 0.5, "1 of 2 photos"),
    ]
