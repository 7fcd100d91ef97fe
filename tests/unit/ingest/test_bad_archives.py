import gzip
import io
import random
import struct
import tarfile
import zipfile

import pytest

from components.shared.errors import InputError


@pytest.fixture
def archive(photos, tmp_path):
    """A zip with the good photos; tests add to it."""
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as file:
        for photo in photos.iterdir():
            file.write(photo, photo.name)
    return path


@pytest.fixture
def tar(photos, tmp_path):
    path = tmp_path / "photos.tar"
    with tarfile.open(path, "w") as file:
        file.add(photos, "photos")
    return path


def refused(run, archive, match, **settings):
    with pytest.raises(InputError, match=match) as error:
        run(archive, **settings)
    assert error.value.exit_code == 3
    return error.value


def add_to_tar(path, member, data=b""):
    with tarfile.open(path, "a") as file:
        member.size = len(data) if member.isreg() else 0
        file.addfile(member, io.BytesIO(data))


@pytest.mark.parametrize(
    "name", ["../evil.jpg", "a/../../evil.jpg", "/etc/evil.jpg", "..\\evil.jpg", "C:\\evil.jpg", "a/.."]
)
def test_a_zip_that_leads_out_of_itself(archive, run, tmp_path, name):
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, b"x")
    error = refused(run, archive, r"photos\.zip is unsafe.*outside of it")
    assert "Pack the photos themselves" in error.remedy
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/evil.jpg", "photos/../../evil.jpg"])
def test_a_tar_that_leads_out_of_itself(tar, run, tmp_path, name):
    add_to_tar(tar, tarfile.TarInfo(name), b"x")
    refused(run, tar, r"photos\.tar is unsafe.*outside of it")
    assert not list(tmp_path.rglob("evil*"))


def test_a_zip_with_a_link(archive, run):
    with zipfile.ZipFile(archive, "a") as file:
        info = zipfile.ZipInfo("link.jpg")
        info.external_attr = 0o120777 << 16
        file.writestr(info, "/etc/passwd")
    refused(run, archive, r"'link\.jpg' is a link")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_tar_with_links_and_devices(tar, run, kind):
    member = tarfile.TarInfo("link.jpg")
    member.type, member.linkname = kind, "photos/a.jpg"
    add_to_tar(tar, member)
    refused(run, tar, r"'link\.jpg' is a link, a device")


def test_a_zip_bomb_by_ratio(archive, run):
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.jpg", bytes(30_000_000))
    refused(run, archive, "more than 100 times")


def test_a_bomb_beside_enough_good_bytes_to_hide_it(tmp_path, run):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("noise.jpg"), random.Random(0).randbytes(1_000_000))
        file.writestr("bomb.jpg", bytes(20_000_000))
    refused(run, path, "more than 100 times")


def test_a_zip_that_lies_about_its_sizes(archive, run):
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.jpg", bytes(5_000_000))
    data = bytearray(archive.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    assert struct.unpack_from("<I", data, at + 24) == (5_000_000,)
    struct.pack_into("<I", data, at + 24, 1000)
    archive.write_bytes(data)
    refused(run, archive, "damaged")


def test_a_tar_bomb(photos, tmp_path, run):
    path = tmp_path / "photos.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        file.add(photos, "photos")
        member = tarfile.TarInfo("bomb.jpg")
        member.size = 50_000_000
        file.addfile(member, io.BytesIO(bytes(member.size)))
    refused(run, path, "more than 100 times")


def test_a_tar_whose_header_would_fill_the_memory(tmp_path, run):
    path = tmp_path / "photos.tar.gz"
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2**33 - 1
    with gzip.open(path, "wb") as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT) + bytes(10_000_000))
    refused(run, path, "a header in it claims 8589934591 bytes")


def test_bombs_by_count(archive, tar, run):
    refused(run, archive, r"photos\.zip holds more than 3 files", max_files=3)
    refused(run, tar, r"photos\.tar holds more than 3 files", max_files=3)


def test_bombs_by_size(tmp_path, run):
    noise = random.Random(0).randbytes(1_500_000)
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as file:
        file.writestr("noise.jpg", noise)
    with tarfile.open(tmp_path / "photos.tar", "w") as file:
        member = tarfile.TarInfo("noise.jpg")
        member.size = len(noise)
        file.addfile(member, io.BytesIO(noise))
    for kind in ("zip", "tar"):
        refused(run, tmp_path / f"photos.{kind}", "more than 0.001 GB", max_gigabytes=0.001)


def test_a_zip_with_a_password(archive, run):
    data = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    archive.write_bytes(data)
    error = refused(run, archive, "protected by a password")
    assert error.remedy == "Pack it without a password."


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_archives_that_are_cut_off(photos, tmp_path, run, kind, part):
    path = tmp_path / f"photos.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as file:
            for photo in photos.iterdir():
                file.write(photo, photo.name)
    else:
        with tarfile.open(path, "w:gz" if kind == "tar.gz" else "w") as file:
            for photo in sorted(photos.iterdir()):
                file.add(photo, photo.name)
    data = path.read_bytes().rstrip(b"\0")  # a tar ends in zeros that are not needed
    path.write_bytes(data[: int(len(data) * part)])
    error = refused(run, path, "damaged or cut off")
    assert error.remedy == "Copy or upload it again, completely."


def test_a_zip_with_a_flipped_bit(archive, run):
    data = bytearray(archive.read_bytes())
    data[2000] ^= 1
    archive.write_bytes(data)
    refused(run, archive, "damaged")


def test_archives_in_archives_are_not_opened(archive, photos, run, tmp_path):
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as file:
        file.write(archive, "inner.zip")
    refused(run, outer, "holds no photos among its 1 files")


def test_an_empty_zip(tmp_path, run):
    zipfile.ZipFile(tmp_path / "photos.zip", "w").close()
    refused(run, tmp_path / "photos.zip", "holds no photos")


def test_text_named_zip(tmp_path, run):
    (tmp_path / "photos.zip").write_text("no archive")
    refused(run, tmp_path / "photos.zip", "is not an archive that can be read")


def test_a_tar_named_zip_is_read_by_its_content(tar, run, tmp_path):
    tar.rename(tmp_path / "photos.zip")
    assert len(run(tmp_path / "photos.zip")["names"]) == 4


def test_what_macos_puts_into_a_zip(archive, run):
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("__MACOSX/._a.jpg", b"\0\5\26\7")
        file.writestr("._a.jpg", b"\0\5\26\7")
        file.writestr(".DS_Store", b"x")
        file.writestr("Thumbs.db", b"x")
        file.writestr("notes.txt", b"x")
    content = run(archive)
    assert [image["name"] for image in content["images"]] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_nothing_is_left_of_a_refused_archive(archive, run, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("../evil.jpg", b"x")
    refused(run, archive, "unsafe")
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "artifacts").exists()
