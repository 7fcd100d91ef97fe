import zipfile

import pytest

from components.shared.errors import InputError
from components.shared.sog.archive import archive_bytes, check_archive_size, write_archive

FILES = {"meta.json": b"{}", "sh0.webp": b"colors"}


@pytest.fixture
def sog(tmp_path):
    write_archive(FILES, tmp_path / "scene.sog")
    return tmp_path / "scene.sog"


def test_equal_files_give_equal_archives(sog, tmp_path):
    write_archive(FILES, tmp_path / "again.sog")
    assert (tmp_path / "again.sog").read_bytes() == sog.read_bytes()


def test_the_size_is_known_beforehand(sog):
    assert archive_bytes(FILES) == sog.stat().st_size


def test_members_are_stored_without_compression_times_and_comments(sog):
    with zipfile.ZipFile(sog) as archive:
        assert archive.namelist() == ["meta.json", "sh0.webp"]
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.comment == b""


def test_an_archive_beyond_4_gib_is_an_error():
    check_archive_size(2**32 - 1)
    with pytest.raises(InputError, match=r"4,294,967,296 bytes; a .sog holds at most 4,294,967,295"):
        check_archive_size(2**32)
