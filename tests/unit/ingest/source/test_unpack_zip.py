import random
import struct
import zipfile

import pytest

from tests.unit.ingest.samples import refused


@pytest.mark.parametrize(
    "name", ["../evil.jpg", "a/../../evil.jpg", "/../evil.jpg", "..\\evil.jpg", "C:\\..\\evil.jpg", "a/.."]
)
def test_a_name_that_leads_out_of_the_archive(photos_zip, run, tmp_path, name):
    with zipfile.ZipFile(photos_zip, "a") as file:
        file.writestr(name, b"x")
    error = refused(run, photos_zip)
    assert error.message.startswith("photos.zip is unsafe: it holds a file named ")
    assert error.message.endswith("lies outside of it")
    assert "Pack the photos themselves" in error.remedy
    assert not list(tmp_path.rglob("evil*"))


def test_a_link_is_not_followed(photos_zip, run):
    with zipfile.ZipFile(photos_zip, "a") as file:
        info = zipfile.ZipInfo("link.jpg")
        info.external_attr = 0o120777 << 16
        file.writestr(info, "/etc/passwd")
    image = run(photos_zip)["images"][-1]
    assert (image["name"], image["verdict"]) == ("link.jpg", "unsupported")
    assert "it is a link" in image["reason"]


def test_a_device(photos_zip, run):
    with zipfile.ZipFile(photos_zip, "a") as file:
        info = zipfile.ZipInfo("disk.jpg")
        info.external_attr = 0o060777 << 16
        file.writestr(info, "")
    assert refused(run, photos_zip).message == "photos.zip is unsafe: 'disk.jpg' is a device"


def test_a_member_that_grows_too_much(photos_zip, run):
    with zipfile.ZipFile(photos_zip, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.jpg", bytes(30_000_000))
    assert "more than 100 times" in refused(run, photos_zip).message


def test_a_member_that_grows_too_much_beside_one_that_does_not(tmp_path, run):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("noise.jpg"), random.Random(0).randbytes(1_000_000))
        file.writestr("bomb.jpg", bytes(20_000_000))
    assert "more than 100 times" in refused(run, path).message


def test_a_header_with_a_wrong_size(photos_zip, run):
    with zipfile.ZipFile(photos_zip, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.jpg", bytes(5_000_000))
    data = bytearray(photos_zip.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    assert struct.unpack_from("<I", data, at + 24) == (5_000_000,)
    struct.pack_into("<I", data, at + 24, 1000)
    photos_zip.write_bytes(data)
    assert "photos.zip is damaged or cut off" in refused(run, photos_zip).message


def test_a_password(photos_zip, run):
    data = bytearray(photos_zip.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    photos_zip.write_bytes(data)
    error = refused(run, photos_zip)
    assert error.message == "photos.zip is protected by a password"
    assert error.remedy == "Pack it without a password."


def test_a_flipped_bit(photos_zip, run):
    data = bytearray(photos_zip.read_bytes())
    data[2000] ^= 1
    photos_zip.write_bytes(data)
    assert "photos.zip is damaged or cut off" in refused(run, photos_zip).message


def test_an_empty_zip(tmp_path, run):
    zipfile.ZipFile(tmp_path / "photos.zip", "w").close()
    assert refused(run, tmp_path / "photos.zip").message.endswith("photos.zip holds no photos")


def test_what_macos_adds_is_ignored(photos_zip, run):
    with zipfile.ZipFile(photos_zip, "a") as file:
        file.writestr("__MACOSX/._a.jpg", b"\0\5\26\7")
        file.writestr("._a.jpg", b"\0\5\26\7")
        file.writestr(".DS_Store", b"x")
        file.writestr("Thumbs.db", b"x")
        file.writestr("notes.txt", b"x")
    assert [image["name"] for image in run(photos_zip)["images"]] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_nothing_is_left_of_a_refused_archive(photos_zip, run, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with zipfile.ZipFile(photos_zip, "a") as file:
        file.writestr("../evil.jpg", b"x")
    assert "unsafe" in refused(run, photos_zip).message
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "artifacts").exists()


def test_several_archives_one_behind_the_other(photos_zip, run):
    photos_zip.write_bytes(photos_zip.read_bytes() * 2)
    assert refused(run, photos_zip).message == "photos.zip holds several zip archives, one behind the other"


def test_a_program_before_the_archive(photos_zip, run):
    photos_zip.write_bytes(b"#!/bin/sh\nexec unzip $0\n" + photos_zip.read_bytes())
    assert len(run(photos_zip)["names"]) == 4
