import json
import time

import pytest

from components.shared.leases import (
    UnconditionalStoreError,
    acquire,
    check_conditions,
    release,
)
from components.shared.storage import open_storage

NAME = ".kubesplat/lease.json"


@pytest.fixture
def store(tmp_path):
    return open_storage(str(tmp_path / "castle"))


def holder(store):
    return json.loads(store.read_bytes(NAME))["holder"]


def test_one_has_it_until_it_is_released(store):
    assert acquire(store, NAME, "run-1", 100).holder == "run-1"
    assert acquire(store, NAME, "run-2", 100).holder == "run-1"
    assert acquire(store, NAME, "run-1", 200).expires_at > time.time() + 150
    release(store, NAME, "run-2")
    assert holder(store) == "run-1"
    release(store, NAME, "run-1")
    assert store.list_names() == []
    assert acquire(store, NAME, "run-2", 100).holder == "run-2"


def test_one_holder_that_is_dead_is_replaced_at_once_and_no_other(store):
    acquire(store, NAME, "run-1", 100)
    assert acquire(store, NAME, "run-2", 100, dead="run-0").holder == "run-1"
    assert acquire(store, NAME, "run-2", 100, dead="run-1").holder == "run-2"
    assert acquire(store, NAME, "run-3", 100, dead="run-1").holder == "run-2"


def test_what_has_expired_is_taken_over_and_not_released_by_the_late_one(store):
    acquire(store, NAME, "run-1", 0)
    assert acquire(store, NAME, "run-2", 100).holder == "run-2"
    assert acquire(store, NAME, "run-1", 100).holder == "run-2"
    release(store, NAME, "run-1")
    assert holder(store) == "run-2"


@pytest.mark.parametrize("damaged", [b"", b"[]", b"{}", b'{"holder": "a", "expires_at": "x"}'])
def test_a_damaged_lease_holds_nobody_up(store, damaged):
    store.write_bytes(NAME, damaged)
    assert acquire(store, NAME, "run-1", 100).holder == holder(store) == "run-1"


def test_a_write_whose_answer_was_lost_is_known_again(store, monkeypatch):
    """The client repeats a request without an answer, and the first one had been served."""
    write_if = store.write_if

    def repeated(name, data, version):
        write_if(name, data, version)
        return write_if(name, data, version)

    monkeypatch.setattr(store, "write_if", repeated)
    assert acquire(store, NAME, "run-1", 100).holder == "run-1"
    assert acquire(store, NAME, "run-1", 100).holder == "run-1"


def test_a_store_that_ignores_conditions_is_refused(store, monkeypatch):
    check_conditions(store)
    monkeypatch.setattr(store, "write_if", lambda name, data, version: store.write_bytes(name, data) or "0")
    with pytest.raises(UnconditionalStoreError, match="ignores conditions") as error:
        check_conditions(store)
    assert "inbox.leases=off" in error.value.remedy
    assert store.list_names() == []
