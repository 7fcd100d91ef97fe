import os

import pytest

from components.shared.errors import InputError
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


def test_an_inbox_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        list_captures(str(tmp_path / "none"))
