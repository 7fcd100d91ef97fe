from pathlib import Path

import pytest

from components.ingest.choose_photos import choose_photos, is_wanted, safe_name
from components.ingest.source_file import SourceFile


def choose(*names):
    return choose_photos([SourceFile(name, Path("x")) for name in names])


def names(files):
    return [file.name for file in files]


def test_junk_is_passed_over_in_silence():
    junk = (
        "__MACOSX/._a.jpg",
        "._b.jpg",
        ".thumbnails/c.jpg",
        "Thumbs.db",
        "truth.json",
        "notes.txt",
        "photos.zip",
        "$RECYCLE.BIN/d.jpg",
    )
    chosen = choose("a.JPG", *junk)
    assert names(chosen.photos) == ["a.JPG"]
    assert chosen.rejected == []
    assert chosen.ignored == len(junk)
    assert not any(is_wanted(name) for name in junk)


def test_companions_of_a_photo_are_no_photos_and_no_videos():
    chosen = choose("IMG_1.HEIC", "IMG_1.MOV", "P2.JPG", "P2.ORF", "P3.ORF", "sub/P2.ORF")
    assert names(chosen.photos) == ["IMG_1.HEIC", "P2.JPG"]
    assert [image.name for image in chosen.rejected] == ["P3.ORF", "sub/P2.ORF"]
    assert chosen.videos == []
    assert chosen.ignored == 2


def test_a_video_among_photos_is_told():
    chosen = choose("a.jpg", "walk.mp4")
    assert chosen.videos == []
    assert [(image.name, image.verdict) for image in chosen.rejected] == [("walk.mp4", "unsupported")]


def test_a_video_alone_is_the_capture():
    chosen = choose("walk.mp4", "notes.txt")
    assert names(chosen.videos) == ["walk.mp4"]
    assert chosen.rejected == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Bäume im Park/Foto 1.jpg", "Bäume im Park/Foto 1.jpg"),
        ("a\nb.jpg", "a_b.jpg"),
        ("a\tb\x00.jpg", "a_b_.jpg"),
        (b"caf\xe9.jpg".decode("utf-8", "surrogateescape"), "caf_.jpg"),
        ("a\\b.jpg", "a_b.jpg"),
        ("../a.jpg", "_/a.jpg"),
    ],
)
def test_names_that_no_tool_trips_over(name, safe):
    assert safe_name(name) == safe
    safe_name(name).encode()


def test_names_that_become_equal_stay_apart():
    chosen = choose("a\nb.jpg", "a\tb.jpg", "a_b.jpg")
    assert names(chosen.photos) == ["a_b.jpg", "a_b~2.jpg", "a_b~3.jpg"]


def test_a_name_that_is_no_unicode_on_disk(photos, run):
    (photos / "a.jpg").rename(str(photos) + "/" + b"caf\xe9\n.jpg".decode("utf-8", "surrogateescape"))
    assert "images/caf__.jpg" in run(photos)["names"]
