import io
import os
import tarfile

import pytest

from components.shared.archive import pack, unpack
from components.shared.errors import InputError


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "folder"
    (folder / "images" / "left").mkdir(parents=True)
    (folder / "scene.json").write_text("{}")
    (folder / "images" / "left" / "Bäume 1.jpg").write_bytes(bytes(range(256)))
    return folder


def test_there_and_back(folder, tmp_path):
    pack(folder, tmp_path / "archive")
    unpack(tmp_path / "archive", tmp_path / "back")
    assert (tmp_path / "back" / "scene.json").read_text() == "{}"
    assert (tmp_path / "back" / "images" / "left" / "Bäume 1.jpg").read_bytes() == bytes(range(256))


def test_equal_content_gives_equal_bytes(folder, tmp_path):
    pack(folder, tmp_path / "first")
    os.utime(folder / "scene.json", (0, 0))
    pack(folder, tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_it_is_not_compressed(folder, tmp_path):
    pack(folder, tmp_path / "archive")
    assert bytes(range(256)) in (tmp_path / "archive").read_bytes()


def test_nothing_is_unpacked_outside(tmp_path):
    with tarfile.open(tmp_path / "archive", "w") as tar:
        member = tarfile.TarInfo("../evil")
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(InputError, match="outside the destination"):
        unpack(tmp_path / "archive", tmp_path / "back")
    assert not (tmp_path / "evil").exists()


def test_only_the_wanted_files_are_packed_and_unpacked(folder, tmp_path):
    pack(folder, tmp_path / "images.tar", only=lambda name: name.startswith("images"))
    with tarfile.open(tmp_path / "images.tar") as tar:
        assert tar.getnames() == ["images", "images/left", "images/left/Bäume 1.jpg"]
    pack(folder, tmp_path / "archive")
    unpack(tmp_path / "archive", tmp_path / "back", only=lambda name: name == "images/left/Bäume 1.jpg")
    files = [path for path in (tmp_path / "back").rglob("*") if path.is_file()]
    assert files == [tmp_path / "back" / "images" / "left" / "Bäume 1.jpg"]


@pytest.mark.parametrize("content", [b"", b"no tar", b"x" * 2000])
def test_what_is_no_tar_is_named(tmp_path, content):
    (tmp_path / "scene.tar").write_bytes(content)
    with pytest.raises(InputError, match=r"scene\.tar is no tar of a stage, or it is damaged"):
        unpack(tmp_path / "scene.tar", tmp_path / "back")
