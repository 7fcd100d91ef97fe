"""Archives as Windows, macOS, old tools and scripts make them are read, or named for what they are."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

import pytest

from tests.unit.ingest.samples import refused


def zip_of(photos, path, name="{}.jpg", *, utf_8=True, **options):
    """A zip whose members have names of any bytes; `zipfile` would change some."""
    with zipfile.ZipFile(path, "w", **options) as file:
        for index, photo in enumerate(sorted(photos.iterdir())):
            info = zipfile.ZipInfo("x")
            info.filename = name.format(photo.stem) if utf_8 else f"PLACEHOLDE{index}"
            info.compress_type = options.get("compression", zipfile.ZIP_STORED)
            file.writestr(info, photo.read_bytes())
    if not utf_8:
        data = path.read_bytes()
        for index, photo in enumerate(sorted(photos.iterdir())):
            new = (
                name.format(photo.stem).encode("cp437") if isinstance(name, str) else name + b"%d.jpg" % index
            )
            old = b"PLACEHOLDE%d" % index
            assert len(new) == len(old)
            data = data.replace(old, new)
        path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Meine Fotos\\{}.jpg", "Meine Fotos/{}.jpg"),
        ("/home/ada/{}.jpg", "home/ada/{}.jpg"),
        ("//server/share/{}.jpg", "server/share/{}.jpg"),
        ("C:\\Users\\ada\\{}.jpg", "Users/ada/{}.jpg"),
        ("d:/{}.jpg", "{}.jpg"),
        ("././/x/./{}.jpg", "x/{}.jpg"),
        ("schöne Fotos 📷/{}.jpg", "schöne Fotos 📷/{}.jpg"),
    ],
)
def test_names_of_any_system(photos, run, tmp_path, name, read):
    content = run(zip_of(photos, tmp_path / "p.zip", name))
    assert content["names"] == [f"images/{read.format(letter)}" for letter in "abcd"]


def test_names_in_the_character_set_of_dos(photos, run, tmp_path):
    content = run(zip_of(photos, tmp_path / "p.zip", "Kölnß_{}.jpg", utf_8=False))
    assert content["names"] == [f"images/Kölnß_{letter}.jpg" for letter in "abcd"]


def test_names_in_utf_8_without_the_mark(photos, run, tmp_path):
    content = run(zip_of(photos, tmp_path / "p.zip", "Köln_".encode(), utf_8=False))
    assert content["names"] == [f"images/Köln_{number}.jpg" for number in range(4)]


def test_a_folder_of_windows_is_no_file(photos, run, tmp_path):
    path = zip_of(photos, tmp_path / "p.zip", "x\\{}.jpg")
    with zipfile.ZipFile(path, "a") as file:
        info = zipfile.ZipInfo("x")
        info.filename = "x\\y.jpg\\"
        file.writestr(info, b"")
    assert len(run(path)["images"]) == 4


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_are_read(photos, run, tmp_path, method):
    assert len(run(zip_of(photos, tmp_path / "p.zip", compression=method))["names"]) == 4


@pytest.mark.parametrize(("method", "name"), [(9, "deflate64"), (93, "zstd"), (98, "ppmd"), (6, "implode")])
def test_compressions_that_are_not_read(photos_zip, run, method, name):
    data = bytearray(photos_zip.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.find(signature)
        while at >= 0:
            struct.pack_into("<H", data, at + offset, method)
            at = data.find(signature, at + 4)
    photos_zip.write_bytes(data)
    error = refused(run, photos_zip)
    assert error.message.startswith("photos.zip uses a compression that cannot be read")
    assert "unpack it and give the folder" in error.remedy


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("at", [60, 3000])
def test_damage_in_any_compression_is_damage_of_the_input(photos, run, tmp_path, method, at):
    path = zip_of(photos, tmp_path / "p.zip", compression=method)
    data = bytearray(path.read_bytes())
    data[at : at + 40] = bytes(40)
    path.write_bytes(data)
    assert refused(run, path).message.startswith("p.zip is damaged or cut off")


@pytest.mark.parametrize("name", ["upload", "photos.jpg", "photos.mp4", "photos.tar", "setup.exe"])
def test_a_zip_under_another_name(photos_zip, run, tmp_path, name):
    assert len(run(photos_zip.rename(tmp_path / name))["names"]) == 4


@pytest.mark.parametrize("name", ["photos.zip", "photos.exe"])
def test_a_zip_that_unpacks_itself(photos_zip, run, tmp_path, name):
    path = tmp_path / "self" / name
    path.parent.mkdir()
    path.write_bytes(b"MZ program " * 100 + photos_zip.read_bytes())
    assert len(run(path)["names"]) == 4


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("photos.z01", lambda data: b"PK\x07\x08" + data[:5000]),
        ("photos.zip.001", lambda data: data[:5000]),
        ("photos.zip.002", lambda data: data[5000:]),
        ("photos.7z.001", lambda data: b"7z\xbc\xaf\x27\x1c" + data),
        ("photos.part1.rar", lambda data: b"Rar!\x1a\x07\x01\0" + data),
        ("photos.zip", lambda data: data[5000:-18] + b"\x01\0\x01\0" + data[-14:]),
        ("photos.zip", lambda data: b"PK\x07\x08" + data[:5000]),
    ],
)
def test_a_part_of_a_split_archive(photos_zip, run, tmp_path, name, part):
    data = photos_zip.read_bytes()
    path = tmp_path / "parts" / name
    path.parent.mkdir()
    path.write_bytes(part(data))
    error = refused(run, path)
    assert error.message == f"{name} is one part of an archive that was split into several files"
    assert "join its parts" in error.remedy


def test_an_archive_that_was_split_into_one_part_is_read(photos_zip, run, tmp_path):
    assert len(run(photos_zip.rename(tmp_path / "photos.zip.001"))["names"]) == 4


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(100), "a.7z is a 7-Zip archive, which cannot be read"),
        ("a.zip", b"Rar!\x1a\x07\x01\0" + bytes(100), "a.zip is a RAR archive, which cannot be read"),
        ("a.tar.zst", b"\x28\xb5\x2f\xfd" + bytes(100), "a.tar.zst is compressed with Zstandard"),
        ("a.zip", b"", "a.zip is empty: 0 bytes"),
        ("a.gz", gzip.compress(b"a photo" * 200, mtime=0), "a.gz is damaged, or it is no tar archive"),
        ("a.zip", b"<html>Sign in</html>" * 40, "a.zip is a web page or the error message of a server"),
        ("a.zip", b"version https://git-lfs.github.com/spec/v1\n", "a.zip is a placeholder of Git LFS"),
        ("a", b"ply\nformat ascii 1.0\n", "a is a ply"),
        ("a.tar", b"\x28\xb5\x2f\xfd" + bytes(600), "a.tar is compressed with Zstandard"),
        ("a.tar", b"text" * 400, "a.tar is damaged, or it is no tar archive"),
        ("a", b"text" * 400, "a is not an archive that can be read"),
    ],
)
def test_what_is_no_archive_of_photos_is_named(run, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    assert refused(run, tmp_path / name).message.startswith(words)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_tars(photos, run, tmp_path, mode, form):
    path = tmp_path / "upload"
    with tarfile.open(path, mode, format=form) as file:
        for photo in sorted(photos.iterdir()):
            file.add(photo, f"/data/{'длинное имя ' * 20}/{photo.name}")
    content = run(path)
    assert [image["verdict"] for image in content["images"]] == ["accepted"] * 4
    assert all(len(name.encode()) < 255 for name in content["names"])
    assert len(content["notes"]) == 1


def test_a_tar_without_a_signature(photos, run, tmp_path):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as file:
        for photo in sorted(photos.iterdir()):
            file.add(photo, photo.name)
    whole = bytearray(data.getvalue())
    with tarfile.open(fileobj=io.BytesIO(bytes(whole))) as file:
        offsets = [member.offset for member in file]
    for at in offsets:
        whole[at + 257 : at + 345] = bytes(88)
        whole[at + 148 : at + 156] = b" " * 8
        whole[at + 148 : at + 156] = b"%06o\0 " % sum(whole[at : at + 512])
    (tmp_path / "old").write_bytes(whole)
    assert len(run(tmp_path / "old")["names"]) == 4


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_damage_in_a_compressed_tar(photos, run, tmp_path, mode):
    path = tmp_path / "p.tar"
    with tarfile.open(path, mode) as file:
        file.add(photos, "photos")
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    data[half : half + 200] = bytes(200)
    path.write_bytes(data)
    assert "p.tar is damaged" in refused(run, path).message


def test_a_single_photo_in_an_archive(photos, run, tmp_path):
    for photo in sorted(photos.iterdir())[1:]:
        photo.unlink()
    assert "1 of 1 photos can be used" in refused(run, zip_of(photos, tmp_path / "p.zip")).message


def test_a_header_that_points_outside_of_the_zip(photos_zip, run):
    data = bytearray(photos_zip.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    struct.pack_into("<I", data, end + 16, 2**31)
    photos_zip.write_bytes(data)
    assert refused(run, photos_zip).message.startswith("photos.zip is damaged or cut off")


def test_archives_in_a_folder_are_named(photos_zip, photos, run):
    for photo in photos.iterdir():
        photo.unlink()
    photos_zip.rename(photos / "day 1.zip")
    (photos / "day 2.7z").write_bytes(zlib.compress(b"x"))
    message = refused(run, photos).message
    assert message.endswith("photos holds no photos, but 2 archives: day 1.zip, day 2.7z")
