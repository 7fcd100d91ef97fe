import os

import pytest

from components.ingest.source.list_source import capture_fingerprint, fingerprint_of, list_source
from components.shared.errors import InputError

DAY_SECONDS = 86_400


@pytest.fixture
def folder(tmp_path):
    for name in ("1.jpg", "deep/2.jpg", "deep/.hidden", ".trash/3.jpg", "notes.txt"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))
    return tmp_path / "photos"


def names(source):
    return sorted(file.name for file in list_source(str(source)).files)


def fingerprint(source, *, now=0.0, reuse_days=14):
    return capture_fingerprint(str(source), list_source(str(source)).files, reuse_days=reuse_days, now=now)


def test_a_folder_is_listed_with_names_sizes_and_times(folder):
    listing = list_source(f"file://{folder}")
    assert not listing.is_one_file
    assert names(folder) == ["1.jpg", "deep/.hidden", "deep/2.jpg", "notes.txt"]
    photo = next(file for file in listing.files if file.name == "deep/2.jpg")
    status = (folder / "deep" / "2.jpg").stat()
    assert (photo.bytes, photo.version) == (10, str(status.st_mtime_ns))


def test_an_archive_is_one_file_and_a_link_that_leads_nowhere_is_none_the_less_listed(folder):
    (folder / "photos.zip").write_bytes(b"PK")
    listing = list_source(str(folder / "photos.zip"))
    assert listing.is_one_file
    assert [(file.name, file.bytes) for file in listing.files] == [("photos.zip", 2)]
    (folder / "lost.jpg").symlink_to(folder / "gone.jpg")
    assert "lost.jpg" in names(folder)


def test_links_to_folders_elsewhere_are_followed_once_and_never_in_circles(folder, tmp_path):
    (tmp_path / "nas").mkdir()
    (tmp_path / "nas" / "4.jpg").write_bytes(b"x")
    (tmp_path / "nas" / "back").symlink_to(folder)
    for name, target in (
        ("nas", "nas"),
        ("nas too", "nas"),
        ("own", "photos/deep"),
        ("above", "."),
        ("i", "i"),
    ):
        (folder / name).symlink_to(tmp_path / target if name != "i" else "i")
    listed = names(folder)
    assert [name for name in listed if name.endswith(".jpg")] in (
        ["1.jpg", "deep/2.jpg", "nas/4.jpg"],
        ["1.jpg", "deep/2.jpg", "nas too/4.jpg"],
    )
    assert len(listed) == 6  # with .hidden, notes.txt, and the link to itself


@pytest.mark.parametrize(
    ("make", "message"), [(False, "does not exist"), (True, "holds no photos")], ids=["missing", "empty"]
)
def test_what_is_not_there_is_refused(tmp_path, make, message):
    if make:
        (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match=message) as error:
        list_source(str(tmp_path / "none"))
    assert "a folder of photos" in error.value.remedy


@pytest.mark.parametrize("change", ["new file", "lost file", "new content", "new name", "new size"])
def test_a_change_changes_the_fingerprint(folder, change):
    before = fingerprint(folder)
    assert fingerprint(folder) == before
    photo = folder / "1.jpg"
    if change == "new file":
        (folder / "3.jpg").touch()
    elif change == "lost file":
        photo.unlink()
    elif change == "new content":
        os.utime(photo, (1, 1))
    elif change == "new name":
        photo.rename(folder / "0.jpg")
    else:
        times = photo.stat()
        photo.write_bytes(b"more")
        os.utime(photo, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fingerprint(folder) != before


def test_hidden_files_do_not_count_and_the_order_of_a_listing_does_not_either(folder):
    before = fingerprint(folder)
    (folder / "deep" / ".hidden").unlink()
    assert fingerprint(folder) == before
    files = list_source(str(folder)).files
    assert fingerprint_of(files) == fingerprint_of(reversed(files))


def test_equal_files_at_another_address_have_another_fingerprint(folder):
    before = fingerprint(folder)
    moved = folder.rename(folder.with_name("castle"))
    assert fingerprint(moved) != before
    assert fingerprint_of(list_source(str(moved)).files)


def test_nothing_is_found_again_after_the_days_that_results_may_be_reused(folder):
    begun = 1_790_000_000.0
    same = [
        day
        for day in range(60)
        if fingerprint(folder, now=begun + day * DAY_SECONDS) == fingerprint(folder, now=begun)
    ]
    assert same == list(range(len(same)))
    assert 1 <= len(same) <= 14
    for day in range(60):
        now = begun + day * DAY_SECONDS
        assert fingerprint(folder, now=now) != fingerprint(folder, now=now + 14 * DAY_SECONDS)
    assert fingerprint(folder, now=0.0) == fingerprint(folder, now=14 * DAY_SECONDS - 1.0)
    assert fingerprint(folder, reuse_days=7) != fingerprint(folder)


def test_an_object_that_exists_and_is_not_listed_is_no_file(monkeypatch):
    """SeaweedFS takes `a\\` for `a/`: it says that the object is there, and lists none."""

    class Store:
        def exists(self, name):
            return name == "a\\"

        def list_files(self, prefix=""):
            return []

    monkeypatch.setattr("components.ingest.source.list_source.open_storage", lambda address: Store())
    with pytest.raises(InputError, match="there is no such object"):
        list_source("s3://bucket/a\\")
