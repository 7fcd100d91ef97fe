import zipfile

import pytest

from components.shared.errors import InputError
from components.shared.sog.archive import check_archive_size, open_files, write_archive

FILES = {"meta.json": b"{}", "sh0.webp": b"colors"}


@pytest.fixture
def sog(tmp_path):
    write_archive(FILES, tmp_path / "scene.sog")
    return tmp_path / "scene.sog"


def test_equal_files_give_equal_archives(sog, tmp_path):
    write_archive(FILES, tmp_path / "again.sog")
    assert (tmp_path / "again.sog").read_bytes() == sog.read_bytes()


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


def test_archive_folder_and_meta_json_give_the_same_files(sog, tmp_path):
    with zipfile.ZipFile(sog) as archive:
        archive.extractall(tmp_path / "folder")
    for path in (sog, tmp_path / "folder", tmp_path / "folder" / "meta.json"):
        with open_files(path) as files:
            assert files.read("sh0.webp") == b"colors"


def test_a_missing_archive_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"none.sog does not exist"), open_files(tmp_path / "none.sog"):
        pass


def test_a_file_that_is_no_zip_is_an_error(tmp_path):
    (tmp_path / "scene.sog").write_bytes(b"ply\nformat ascii 1.0\n")
    with pytest.raises(InputError, match=r"no .sog archive"), open_files(tmp_path / "scene.sog"):
        pass


def test_a_missing_member_is_an_error(sog):
    with open_files(sog) as files, pytest.raises(InputError, match=r"quats.webp is missing"):
        files.read("quats.webp")


def test_a_member_that_is_too_large_is_an_error(sog):
    with open_files(sog) as files, pytest.raises(InputError, match="6 bytes; at most 5 are expected"):
        files.read("sh0.webp", max_bytes=5)


def test_a_damaged_member_is_an_error(sog):
    sog.write_bytes(sog.read_bytes().replace(b"colors", b"c0l0rs"))
    with (
        open_files(sog) as files,
        pytest.raises(InputError, match=r"sh0.webp cannot be unpacked: Bad CRC-32"),
    ):
        files.read("sh0.webp")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", "", "a\\b"])
def test_names_outside_the_folder_are_an_error(tmp_path, name):
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "folder").mkdir()
    with open_files(tmp_path / "folder") as files, pytest.raises(InputError, match="is named as a texture"):
        files.read(name)
