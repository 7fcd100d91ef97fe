import os
import tarfile
import zipfile

import pytest

from tests.unit.ingest.samples import refused


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tgz"])
def test_archives_give_what_the_folder_gives(photos, run, tmp_path, kind):
    archive = tmp_path / f"photos.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as file:
            file.mkdir("shoot")
            for path in photos.iterdir():
                file.write(path, f"shoot/{path.name}")
    else:
        with tarfile.open(archive, "w" if kind == "tar" else "w:gz") as file:
            file.add(photos, "shoot")
    by_hash = {image["sha256"] for image in run(photos)["images"]}
    content = run(archive)
    assert {image["sha256"] for image in content["images"]} == by_hash
    assert content["names"] == [f"images/shoot/{name}.jpg" for name in "abcd"]


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_archives_that_are_cut_off(photos_zip, photos_tar, photos, tmp_path, run, kind, part):
    path = tmp_path / f"photos.{kind}"
    if kind == "tar.gz":
        with tarfile.open(path, "w:gz") as file:
            file.add(photos, "photos")
    data = path.read_bytes().rstrip(b"\0")  # a tar ends in zeros that are not needed
    path.write_bytes(data[: int(len(data) * part)])
    error = refused(run, path)
    assert f"photos.{kind} is damaged or cut off" in error.message
    assert error.remedy == "Copy or upload it again, completely."


def test_archives_in_archives_are_not_opened(photos_zip, run, tmp_path):
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as file:
        file.write(photos_zip, "inner.zip")
    error = refused(run, outer)
    assert error.message.endswith("outer.zip holds no photos, but 1 archive: inner.zip")
    assert error.remedy == "Unpack it and give the folder, or give the archive itself."


def test_text_named_zip(tmp_path, run):
    (tmp_path / "photos.zip").write_text("no archive")
    message = refused(run, tmp_path / "photos.zip").message
    assert message == "photos.zip is not an archive that can be read, or it is damaged"


def test_a_pipe(tmp_path, run):
    os.mkfifo(tmp_path / "photos.zip")
    assert refused(run, tmp_path / "photos.zip").message.endswith(
        "photos.zip is a pipe or a device, and no file"
    )


def test_a_tar_named_zip_is_read_by_its_content(photos_tar, run, tmp_path):
    photos_tar.rename(tmp_path / "photos.zip")
    assert len(run(tmp_path / "photos.zip")["names"]) == 4


def test_a_photo_in_place_of_a_folder(photos, run):
    error = refused(run, photos / "a.jpg")
    assert error.message == "a.jpg is a single photo"
    assert error.remedy == "Give the folder that holds all photos."


@pytest.mark.parametrize("name", ["x.CR2", "x.dng"])
def test_a_raw_photo_in_place_of_a_folder(tmp_path, run, name):
    (tmp_path / name).write_bytes(b"II*\0" + bytes(100))
    assert refused(run, tmp_path / name).message == f"{name} is a single photo"


def test_a_file_of_a_format_that_is_not_read_is_named(tmp_path, run):
    (tmp_path / "walk.insv").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    error = refused(run, tmp_path / "walk.insv")
    assert error.message == "walk.insv: .insv files cannot be read"
    assert "a film as .mp4" in error.remedy


def test_an_empty_path_is_not_the_current_folder(run):
    error = refused(run, "")
    assert error.message == "the path is empty"
    assert "variable" in error.remedy


def test_a_source_that_is_not_there(tmp_path, run):
    error = refused(run, tmp_path / "none")
    assert error.message.endswith("none does not exist")
    assert "a folder of photos" in error.remedy
