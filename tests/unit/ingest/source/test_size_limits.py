import random
import tarfile
import zipfile

import pytest

from components.ingest.settings import IngestSettings
from components.ingest.source.size_limits import SizeLimits, checked_name
from components.shared.errors import InputError
from tests.unit.ingest.samples import refused


def test_more_files_than_allowed(photos, photos_zip, photos_tar, run):
    for source, name in ((photos, str(photos)), (photos_zip, "photos.zip"), (photos_tar, "photos.tar")):
        error = refused(run, source, max_files=3)
        assert error.message == f"{name} holds more than 3 files"
        assert error.remedy == "Split the capture, or raise the limit with --set ingest.max_files=NUMBER."


def test_archives_larger_than_allowed(tmp_path, run):
    (tmp_path / "noise.jpg").write_bytes(random.Random(0).randbytes(1_500_000))
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as zipped:
        zipped.write(tmp_path / "noise.jpg", "noise.jpg")
    with tarfile.open(tmp_path / "photos.tar", "w") as tar:
        tar.add(tmp_path / "noise.jpg", "noise.jpg")
    for name in ("photos.zip", "photos.tar"):
        error = refused(run, tmp_path / name, max_gigabytes=0.001)
        assert error.message == f"{name} holds more than 0.001 GB"
        assert "--set ingest.max_gigabytes=NUMBER" in error.remedy


def test_the_ratio_has_a_slack_of_a_megabyte():
    limits = SizeLimits("photos.zip", IngestSettings(max_unpack_ratio=2.0), packed_bytes=1000)
    limits.add_bytes(1_002_000)
    limits.check_member(1_002_000, 1000)
    with pytest.raises(InputError, match=r"photos\.zip would grow more than 2 times"):
        limits.add_bytes(1)
    with pytest.raises(InputError, match=r"photos\.zip would grow more than 2 times"):
        limits.check_member(1_002_001, 1000)


def test_a_folder_has_no_ratio():
    limits = SizeLimits("photos", IngestSettings(max_unpack_ratio=1.0, max_gigabytes=0.01))
    limits.add_bytes(10_000_000)
    with pytest.raises(InputError, match=r"photos holds more than 0\.01 GB"):
        limits.add_bytes(1)


def test_names_have_slashes_between_folders():
    assert checked_name("photos.zip", "./a\\b//c.jpg") == "a/b/c.jpg"
