"""Conditional writes in a folder: of several writers with one condition, one succeeds."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from components.shared.storage import ConflictError, NotFoundError, open_storage

WRITERS, ROUNDS = 4, 50


@pytest.fixture
def store(tmp_path):
    return open_storage(str(tmp_path / "store"))


def test_a_file_is_created_once(store):
    version = store.write_if("deep/name", b"first", None)
    with pytest.raises(ConflictError, match="deep/name was written by another process"):
        store.write_if("deep/name", b"second", None)
    assert store.read_version("deep/name") == (b"first", version)
    assert store.list_names() == ["deep/name"]


def test_a_file_is_replaced_at_the_version_that_was_read(store):
    first = store.write_if("name", b"first", None)
    second = store.write_if("name", b"second", first)
    with pytest.raises(ConflictError):
        store.write_if("name", b"third", first)
    assert store.read_version("name") == (b"second", second)


def test_a_file_that_is_gone_is_not_replaced(store):
    version = store.write_if("name", b"first", None)
    store.delete("name")
    with pytest.raises(ConflictError):
        store.write_if("name", b"second", version)
    with pytest.raises(NotFoundError):
        store.read_version("name")


def test_one_of_several_processes_creates_and_one_replaces(store):
    for number in range(ROUNDS):
        store.write_bytes(f"old/{number}", b"old")
    _, version = store.read_version("old/0")
    jobs = [(store.uri, writer, version) for writer in range(WRITERS)]
    with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as pool:
        wins = list(pool.map(race, jobs))
    assert [sum(each) for each in zip(*wins, strict=True)] == [1] * (2 * ROUNDS)
    assert len(store.list_names()) == 2 * ROUNDS


def race(job):
    """Which files this writer created, then which it replaced."""
    uri, writer, version = job
    store = open_storage(uri)
    return [write(store, f"new/{number}", writer, None) for number in range(ROUNDS)] + [
        write(store, f"old/{number}", writer, version) for number in range(ROUNDS)
    ]


def write(store, name, writer, version):
    try:
        store.write_if(name, f"by {writer}".encode(), version)
    except ConflictError:
        return False
    return True
