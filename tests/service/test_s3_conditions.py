"""Conditional writes in a real S3 server: of several writers with one condition, one succeeds."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from components.shared.errors import StorageError
from components.shared.storage import ConflictError, NotFoundError, open_storage

WRITERS, ROUNDS = 6, 4


@pytest.fixture
def store(s3):
    return open_storage(f"{s3.uri}/runs/a b+ü")


def test_an_object_is_created_once(store, s3):
    version = store.write_if("name.json", b"first", None)
    with pytest.raises(ConflictError, match=r"name\.json was written by another process"):
        store.write_if("name.json", b"second", None)
    assert store.read_version("name.json") == (b"first", version)
    assert s3.client.stat_object(s3.bucket, "runs/a b+ü/name.json").content_type == "application/json"


def test_an_object_is_replaced_at_the_version_that_was_read(store):
    first = store.write_if("name", b"first", None)
    second = store.write_if("name", b"second", first)
    with pytest.raises(ConflictError):
        store.write_if("name", b"third", first)
    assert store.read_version("name") == (b"second", second)


def test_an_object_that_is_gone_is_not_replaced(store):
    version = store.write_if("name", b"first", None)
    store.delete("name")
    with pytest.raises(ConflictError):
        store.write_if("name", b"second", version)


def test_one_of_several_writers_creates_and_one_replaces(store):
    def wins(name, version):
        def write(writer):
            try:
                store.write_if(name, f"{version} by {writer}".encode(), version)
            except ConflictError:
                return False
            return True

        return sum(pool.map(write, range(WRITERS)))

    with ThreadPoolExecutor(WRITERS) as pool:
        for number in range(ROUNDS):
            assert wins(f"{number}", None) == 1
            assert wins(f"{number}", store.read_version(f"{number}")[1]) == 1


def test_other_errors_are_told_as_they_are(s3, monkeypatch):
    with pytest.raises(NotFoundError, match="no such bucket"):
        open_storage("s3://no-such-bucket/runs").write_if("name", b"x", None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.server.reader_access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.server.reader_secret_key)
    with pytest.raises(StorageError, match="access is denied"):
        open_storage(s3.uri).write_if("name", b"x", None)


def test_what_is_stored_says_what_it_is_and_how_long_it_holds(store, s3, tmp_path):
    (tmp_path / "page").write_bytes(b"<html>")
    store.put_file(tmp_path / "page", "viewer.html", cache_control="public, max-age=60")
    store.write_bytes("scene.sog", b"PK")
    page, scene = (
        s3.client.stat_object(s3.bucket, f"runs/a b+ü/{name}") for name in ("viewer.html", "scene.sog")
    )
    assert page.content_type == "text/html; charset=utf-8"
    assert page.metadata["Cache-Control"] == "public, max-age=60"
    assert scene.content_type == "application/octet-stream"
    assert "Cache-Control" not in scene.metadata


def test_files_of_a_folder_follow_each_other(store, s3):
    for name in ("castle/2", "castle.zip", "castle-2/1", "castle/1", "castle/deep/3", "a"):
        s3.put(f"runs/a b+ü/{name}", b"x")
    folders = [file.name.split("/")[0] for file in store.iterate_files()]
    assert sorted(folders) == ["a", "castle", "castle", "castle", "castle-2", "castle.zip"]
    assert folders.index("castle") + 2 == len(folders) - 1 - folders[::-1].index("castle")
