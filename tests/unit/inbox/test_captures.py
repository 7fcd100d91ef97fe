import os
import tracemalloc

import pytest

from components.shared.errors import InputError, StorageError
from components.shared.storage import StoredFile
from components.shared.storage.local import LocalStorage
from pipelines.inbox_to_sogs.captures import list_captures


@pytest.fixture
def inbox(tmp_path):
    for name in ("castle/1.jpg", "castle/deep/2.jpg", "tower.zip", "walk.MOV", ".trash/1.jpg", "a/.hidden"):
        path = tmp_path / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "inbox"


def fingerprints(inbox):
    return {capture.title: capture.fingerprint for capture in list_captures(str(inbox)).captures}


def test_folders_archives_and_videos_are_captures(inbox):
    captures = list_captures(f"{inbox}/").captures
    assert [capture.title for capture in captures] == ["castle", "tower", "walk"]
    assert [capture.uri for capture in captures] == [
        f"{inbox}/castle/",
        f"{inbox}/tower.zip",
        f"{inbox}/walk.MOV",
    ]


def test_loose_photos_are_no_capture(inbox):
    (inbox / "1.jpg").touch()
    assert list_captures(str(inbox)).loose == ["1.jpg"]
    assert len(list_captures(str(inbox)).captures) == 3


def test_equal_names_do_not_share_results(inbox):
    (inbox / "castle.tar.gz").touch()
    assert [capture.title for capture in list_captures(str(inbox)).captures] == [
        "castle",
        "castle.tar.gz",
        "tower",
        "walk",
    ]


@pytest.mark.parametrize("change", ["new file", "lost file", "new content", "new name"])
def test_a_change_changes_the_fingerprint_of_its_capture_alone(inbox, change):
    before = fingerprints(inbox)
    assert before == fingerprints(inbox)
    photo = inbox / "castle" / "1.jpg"
    if change == "new file":
        (inbox / "castle" / "3.jpg").touch()
    elif change == "lost file":
        photo.unlink()
    elif change == "new content":
        os.utime(photo, (1, 1))
    else:
        photo.rename(photo.with_name("0.jpg"))
    after = fingerprints(inbox)
    assert after.pop("castle") != before.pop("castle")
    assert after == before


def test_markers_are_no_captures_and_no_part_of_one(inbox):
    before = fingerprints(inbox)
    for name, time in (("castle/_COMPLETE", 7), ("tower.zip_COMPLETE", 8), ("empty/_COMPLETE", 9)):
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).touch()
        os.utime(inbox / name, (time, time))
    found = list_captures(str(inbox), "_COMPLETE")
    assert {each.title: each.marked_at for each in found.captures} == {"castle": 7, "tower": 8, "walk": None}
    assert {each.title: each.fingerprint for each in found.captures} == before
    assert found.loose == []


def test_a_marker_may_be_a_hidden_file(inbox):
    (inbox / "castle" / ".done").touch()
    (inbox / "walk.MOV.done").touch()
    found = list_captures(str(inbox), ".done").captures
    assert {each.title: each.marked_at is not None for each in found} == {
        "castle": True,
        "tower": False,
        "walk": True,
    }


def test_a_store_that_lists_without_order_is_told(inbox, monkeypatch):
    files = [StoredFile(name, 1, "1", 1.0) for name in ("castle/1.jpg", "tower/1.jpg", "castle/2.jpg")]
    monkeypatch.setattr(LocalStorage, "iterate_files", lambda self: iter(files))
    with pytest.raises(StorageError, match="lists the files of castle/ apart"):
        list_captures(str(inbox))


def peak_bytes(monkeypatch, inbox, captures, photos):
    """Most memory that listing takes, without the storage's own."""
    files = (
        StoredFile(f"capture-{number:05d}/{photo:03d}.jpg", photo, "0" * 32, 1.0)
        for number in range(captures)
        for photo in range(photos)
    )
    monkeypatch.setattr(LocalStorage, "iterate_files", lambda self: files)
    tracemalloc.start()
    try:
        assert len(list_captures(str(inbox)).captures) == captures
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_memory_grows_with_captures_and_not_with_photos(inbox, monkeypatch):
    """10,000 captures need what their names do: about 1 kB each."""
    few, many, more_photos = (
        min(peak_bytes(monkeypatch, inbox, captures, photos) for _ in range(3))  # others allocate, too
        for captures, photos in ((1_000, 5), (10_000, 5), (1_000, 50))
    )
    print(f"bytes: {few} for 1,000 captures, {many} for 10,000, {more_photos} for ten times the photos")
    assert many < 1000 * 10_000
    assert more_photos < few + 1000 * 50


def test_an_inbox_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        list_captures(str(tmp_path / "none"))
