import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from components.shared.errors import StorageError
from components.shared.storage import NotFoundError, WrongPathError, get_json, open_storage, put_json
from components.shared.storage.local import LocalStorage


@pytest.fixture
def store(tmp_path):
    return open_storage(str(tmp_path / "store"))


def write(path, content=b"content"):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_folder_is_made_on_the_first_write(tmp_path, scheme):
    store = open_storage(f"{scheme}{tmp_path}/store")
    assert isinstance(store, LocalStorage)
    assert store.list_names() == []
    assert not (tmp_path / "store").exists()
    store.put_file(write(tmp_path / "in"), "deep/name")
    assert (tmp_path / "store" / "deep" / "name").read_bytes() == b"content"


def test_a_file_comes_back_as_it_was(store, tmp_path):
    store.put_file(write(tmp_path / "in", bytes(range(256))), "name")
    store.get_file("name", tmp_path / "new" / "out")
    assert (tmp_path / "new" / "out").read_bytes() == bytes(range(256))


def test_names_are_sorted_and_begin_with_the_prefix(store, tmp_path):
    for name in ("b", "a", "deep/c"):
        store.put_file(write(tmp_path / "in"), name)
    assert store.list_names() == ["a", "b", "deep/c"]
    assert store.list_names("deep/") == ["deep/c"]


def test_what_is_deleted_is_gone_with_its_empty_folders(store, tmp_path):
    store.put_file(write(tmp_path / "in"), "deep/er/name")
    store.put_file(write(tmp_path / "in"), "deep/other")
    store.delete("deep/er/name")
    store.delete("deep/er/name")
    assert not store.exists("deep/er/name")
    assert store.exists("deep/other")
    assert not (tmp_path / "store" / "deep" / "er").exists()


def test_a_missing_file_is_told_as_missing(store, tmp_path):
    with pytest.raises(NotFoundError, match="none does not exist"):
        store.get_file("none", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_store_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WrongPathError, match="file"):
        open_storage(str(tmp_path / "file")).put_file(write(tmp_path / "in"), "name")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write(tmp_path):
    (tmp_path / "store").mkdir(mode=0o500)
    with pytest.raises(StorageError, match="Permission denied") as error:
        open_storage(str(tmp_path / "store")).put_file(write(tmp_path / "in"), "name")
    assert "you may write to" in error.value.remedy


def test_bytes_come_back_as_they_were(store):
    store.write_bytes("deep/name", bytes(range(256)))
    store.write_bytes("deep/name", b"second")
    assert store.read_bytes("deep/name") == b"second"
    assert store.list_names() == ["deep/name"]


def test_bytes_of_a_missing_file_are_told_as_missing(store):
    with pytest.raises(NotFoundError, match="none does not exist"):
        store.read_bytes("none")


def test_bytes_that_cannot_be_written_leave_no_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WrongPathError, match="file"):
        open_storage(str(tmp_path / "file")).write_bytes("name", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_values_that_are_no_json_are_not_stored(store):
    with pytest.raises(ValueError, match="JSON"):
        put_json(store, "name.json", {"psnr_db": float("nan")})
    assert not store.exists("name.json")


def test_json_there_and_back(store):
    put_json(store, "stages/sfm.json", {"registered": 24})
    assert get_json(store, "stages/sfm.json") == {"registered": 24}


def test_one_may_write_into_a_folder_while_another_empties_it(tmp_path):
    storage = LocalStorage(str(tmp_path))

    def come_and_go(name):
        for _ in range(300):
            storage.write_bytes(f"plans/{name}", b"x")
            storage.delete(f"plans/{name}")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(come_and_go, "abcd")) == [None] * 4
    assert not list(tmp_path.iterdir())
