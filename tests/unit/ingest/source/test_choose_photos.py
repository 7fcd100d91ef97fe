import warnings
import zipfile
from pathlib import Path

import pytest

from components.ingest.source.choose_photos import choose_photos, is_wanted
from components.ingest.source.source_file import SourceFile


def choose(*names):
    return choose_photos([SourceFile(name, Path("x")) for name in names])


def names(files):
    return [file.name for file in files]


def test_other_files_are_ignored():
    junk = (
        "__MACOSX/._a.jpg",
        "._b.jpg",
        ".thumbnails/c.jpg",
        "Thumbs.db",
        "truth.json",
        "notes.md",
        "photos.zip",
        "$RECYCLE.BIN/d.jpg",
    )
    chosen = choose("a.JPG", *junk)
    assert names(chosen.photos) == ["a.JPG"]
    assert chosen.rejected == []
    assert chosen.ignored == len(junk)
    assert not any(is_wanted(name) for name in junk)
    assert is_wanted("geo.txt")


def test_raw_files_and_live_videos_of_photos_are_ignored():
    chosen = choose("IMG_1.HEIC", "IMG_1.MOV", "P2.JPG", "P2.ORF", "P3.ORF", "sub/P2.ORF")
    assert names(chosen.photos) == ["IMG_1.HEIC", "P2.JPG"]
    assert [image.name for image in chosen.rejected] == ["P3.ORF", "sub/P2.ORF"]
    assert chosen.videos == []
    assert names(chosen.live_videos) == ["IMG_1.MOV"]
    assert chosen.ignored == 2


def test_raw_files_are_known_to_have_a_jpeg_by_any_spelling():
    chosen = choose("dsc1.jpg", "DSC1.CR2", "P2.RW2.jpg", "P2.RW2", "img_3.heic", "IMG_3.mov")
    assert names(chosen.photos) == ["P2.RW2.jpg", "dsc1.jpg", "img_3.heic"]
    assert (chosen.rejected, names(chosen.live_videos)) == ([], ["IMG_3.mov"])


def test_a_video_among_photos_is_rejected():
    chosen = choose("a.jpg", "walk.mp4")
    assert chosen.videos == []
    assert [(image.name, image.verdict) for image in chosen.rejected] == [("walk.mp4", "unsupported")]


def test_archives_beside_photos_are_noted():
    assert choose("a.jpg", "more.zip").notes == [
        "more.zip was not unpacked: photos in archives count where the archive is the capture."
    ]
    assert choose("a.jpg", "b.zip", "c.rar").notes[0].startswith("2 archives, b.zip first, were not unpacked")


def test_a_video_alone_is_the_capture():
    chosen = choose("walk.mp4", "notes.txt")
    assert names(chosen.videos) == ["walk.mp4"]
    assert chosen.rejected == []


def test_names_that_become_equal_stay_apart():
    chosen = choose("a\nb.jpg", "a\tb.jpg", "a_b.jpg")
    assert names(chosen.photos) == ["a_b.jpg", "a_b~2.jpg", "a_b~3.jpg"]


def test_a_name_that_is_not_utf_8_on_disk(photos, run):
    (photos / "a.jpg").rename(str(photos) + "/" + b"caf\xe9\n.jpg".decode("utf-8", "surrogateescape"))
    assert "images/caf__.jpg" in run(photos)["names"]


def test_a_raw_file_without_its_jpeg(photos, judge):
    (photos / "x.NEF").write_bytes(b"MM\0*" + bytes(100))
    assert judge("x.NEF") == ("unsupported", "raw .nef files cannot be read; export it as JPEG")


@pytest.mark.parametrize("name", ["a.insv", "GS010001.360"])
def test_a_raw_film_of_a_360_camera(name):
    (rejected,) = choose(name).rejected
    assert rejected.reason.endswith("files cannot be read; export it as an equirectangular .mp4")


def test_equal_names_in_one_zip_stay_apart(photos, run, tmp_path):
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(photos.iterdir()):
            with warnings.catch_warnings(action="ignore"):  # zipfile warns, other programs do not
                file.write(path, "IMG.jpg")
    assert set(run(archive)["names"]) == {f"images/IMG{end}.jpg" for end in ("", "~2", "~3", "~4")}


def test_files_of_poses_are_fetched_from_archives_and_s3():
    posed = ("a/transforms.json", "sparse/0/cameras.bin", "sparse/0/images.txt", "points3D.bin", "points.ply")
    assert all(is_wanted(name) for name in (*posed, "Cameras.XML", "a/b.csv", "images/a.xmp"))
    assert not any(is_wanted(name) for name in ("rigs.bin", "database.db", ".sparse/images.bin"))
