import gzip
import io
import tarfile

import pytest

from tests.unit.ingest.samples import refused


def add(path, member, data=b""):
    with tarfile.open(path, "a") as file:
        member.size = len(data) if member.isreg() else 0
        file.addfile(member, io.BytesIO(data))


@pytest.mark.parametrize("name", ["../evil.jpg", "/../evil.jpg", "photos/../../evil.jpg"])
def test_a_name_that_leads_out_of_the_archive(photos_tar, run, tmp_path, name):
    add(photos_tar, tarfile.TarInfo(name), b"x")
    error = refused(run, photos_tar)
    assert error.message == (
        f"photos.tar is unsafe: it holds a file named {name!r}, which lies outside of it"
    )
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_devices(photos_tar, run, kind):
    member = tarfile.TarInfo("disk.jpg")
    member.type = kind
    add(photos_tar, member)
    assert "'disk.jpg' is a device" in refused(run, photos_tar).message


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "photos/a.jpg"),
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "../../etc/passwd"),
        (tarfile.LNKTYPE, "photos/not there.jpg"),
        (tarfile.LNKTYPE, "link.jpg"),
    ],
)
def test_links_are_not_followed(photos_tar, run, kind, target):
    member = tarfile.TarInfo("link.jpg")
    member.type, member.linkname = kind, target
    add(photos_tar, member)
    content = run(photos_tar)
    link = content["images"][0]
    assert (link["name"], link["verdict"]) == ("link.jpg", "unsupported")
    assert len(content["names"]) == 4


@pytest.mark.parametrize("target", ["photos/a.jpg", "./photos/a.jpg", "/photos/a.jpg"])
def test_the_second_name_of_a_file_is_a_copy_of_it(photos_tar, run, target):
    member = tarfile.TarInfo("photos/z.jpg")
    member.type, member.linkname = tarfile.LNKTYPE, target
    add(photos_tar, member)
    image = run(photos_tar)["images"][-1]
    assert (image["name"], image["verdict"]) == ("photos/z.jpg", "duplicate")
    assert image["reason"] == "the same file as photos/a.jpg"


def test_an_archive_that_grows_too_much(photos, tmp_path, run):
    path = tmp_path / "photos.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        file.add(photos, "photos")
        member = tarfile.TarInfo("bomb.jpg")
        member.size = 50_000_000
        file.addfile(member, io.BytesIO(bytes(member.size)))
    assert "more than 100 times" in refused(run, path).message


def test_a_header_that_would_fill_the_memory(tmp_path, run):
    path = tmp_path / "photos.tar.gz"
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2**33 - 1
    with gzip.open(path, "wb") as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT) + bytes(10_000_000))
    assert "a header in it claims 8589934591 bytes" in refused(run, path).message


@pytest.mark.parametrize("kind", ["", "gz", "bz2", "xz"])
def test_all_of_several_archives_that_were_joined_are_read(photos, tmp_path, run, kind):
    joined = b""
    for index, name in enumerate(("a.jpg", "b.jpg", "c.jpg", "d.jpg")):
        with tarfile.open(tmp_path / f"{index}.tar", f"w:{kind}") as file:
            file.add(photos / name, f"photos/{name}")
        joined += (tmp_path / f"{index}.tar").read_bytes()
    (tmp_path / "joined.tar").write_bytes(joined)
    content = run(tmp_path / "joined.tar")
    assert [image["name"] for image in content["images"]] == [f"photos/{x}.jpg" for x in "abcd"]


@pytest.mark.parametrize("kind", ["", "gz", "bz2", "xz"])
def test_bytes_behind_an_archive_are_ignored(photos, tmp_path, run, kind):
    path = tmp_path / "photos.tar"
    with tarfile.open(path, f"w:{kind}") as file:
        file.add(photos, "photos")
    with path.open("ab") as file:
        file.write(b"signed by its owner" * 1000)
    assert len(run(path)["names"]) == 4


def test_damage_in_the_second_of_two_archives_is_told(photos_tar, tmp_path, run):
    data = photos_tar.read_bytes()
    second = bytearray(data)
    at = second.index(b"photos/c.jpg")
    second[at + 148 : at + 156] = b"9999999\0"
    (tmp_path / "joined.tar").write_bytes(data + second)
    assert "joined.tar is damaged" in refused(run, tmp_path / "joined.tar").message


def test_zeros_without_an_end_are_not_read_to_it(photos, tmp_path, run):
    path = tmp_path / "photos.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        file.add(photos, "photos")
    with gzip.open(path, "ab") as file:
        file.write(bytes(20_000_000))
        file.write(tarfile.TarInfo("../late.jpg").tobuf())
    assert len(run(path)["names"]) == 4
