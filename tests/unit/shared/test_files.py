import errno
import os

import pytest

from components.shared.files import atomic_folder, atomic_path, read_json, write_json


def test_a_file_appears_when_the_block_ends_and_not_before(tmp_path):
    path = tmp_path / "new" / "file"
    with atomic_path(path) as temporary:
        temporary.write_text("content")
        assert not path.exists()
        assert temporary.parent == path.parent  # a rename across disks would not be atomic
    assert path.read_text() == "content"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_what_was_there_before(tmp_path):
    path = tmp_path / "file"
    path.write_text("before")

    def fail():
        with atomic_path(path) as temporary:
            temporary.write_text("half of")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_what_was_written(tmp_path):
    with atomic_path(tmp_path / "file") as temporary:
        temporary.touch()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_a_full_disk_names_the_file(tmp_path):
    def fill():
        with atomic_path(tmp_path / "file"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left on device") as error:
        fill()
    assert error.value.filename == str(tmp_path / "file")


def test_a_folder_that_is_a_file_names_the_path_asked_for(tmp_path):
    (tmp_path / "file").touch()

    def write():
        with atomic_path(tmp_path / "file" / "deep"):
            pass

    with pytest.raises(OSError, match="file"):
        write()


def test_errors_of_other_files_keep_their_names(tmp_path):
    def read():
        with atomic_path(tmp_path / "file"):
            (tmp_path / "none").read_text()

    with pytest.raises(FileNotFoundError) as error:
        read()
    assert error.value.filename == str(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_whole(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").touch()
    with atomic_folder(tmp_path / "folder") as temporary:
        (temporary / "new").touch()
        assert (tmp_path / "folder" / "old").exists()
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_failure_keeps_the_folder_as_it_was(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").touch()

    def fail():
        with atomic_folder(tmp_path / "folder") as temporary:
            (temporary / "new").touch()
            raise ValueError("on the way")

    with pytest.raises(ValueError, match="on the way"):
        fail()
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_json_there_and_back(tmp_path):
    value = {"name": "Bäume", "psnr_db": None, "list": [1, 2.5]}
    write_json(tmp_path / "x.json", value)
    assert read_json(tmp_path / "x.json") == value
    assert "Bäume" in (tmp_path / "x.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_that_no_reader_takes_is_not_written(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"psnr_db": value})
    assert list(tmp_path.iterdir()) == []
