import json

import numpy as np
import pytest

from components.publish.scenes.latest import read_latest, switch_latest
from components.publish.scenes.retention import find_removals, remove
from components.shared.contracts.report import Report
from components.shared.storage import open_storage
from tests.unit.publish.scenes.make_scenes import NOW, make_version


@pytest.fixture
def scenes(tmp_path):
    return tmp_path / "scenes"


def add(scenes, number, scene="castle", **what):
    """Version `number`, which becomes the latest if it is good."""
    folder = make_version(scenes, scene, f"202601{number:02d}T000000Z-aaaaaa", **what)
    if what.get("good", True):
        switch_latest(str(folder), Report.read(folder / "report.json"))
    return folder


def removals(scenes, keep_versions=None, keep_days=None):
    found = find_removals(
        open_storage(str(scenes)), keep_versions=keep_versions, keep_days=keep_days, now=NOW
    )
    return {f"{each.version.scene}/{each.version.name[6:8]}": each.reason for each in found}


def test_nothing_goes_without_a_limit(scenes):
    for number in (1, 2):
        add(scenes, number, age_days=1000)
    assert removals(scenes) == {}


def test_good_versions_beyond_the_count_go_and_so_do_failures_before_them(scenes):
    for number, good in ((1, True), (2, False), (3, True), (4, True), (5, False)):
        add(scenes, number, good=good)
    add(scenes, 1, scene="tower")
    assert removals(scenes, keep_versions=2) == {
        "castle/02": "no scene, and a newer version has one",
        "castle/01": "newer good versions: 2",
    }


def test_old_versions_go_but_never_the_last_good_one(scenes):
    for number, good in ((1, True), (2, True), (3, False)):
        add(scenes, number, good=good, age_days=100)
    assert removals(scenes, keep_days=50) == {"castle/03": "100 days old", "castle/01": "100 days old"}
    assert removals(scenes, keep_days=200) == {}
    (scenes / "castle" / "latest.json").unlink()
    assert removals(scenes, keep_days=50) == {"castle/03": "100 days old", "castle/01": "100 days old"}


def test_what_was_begun_last_or_a_moment_ago_stays(scenes):
    add(scenes, 1, age_days=100)
    begun = add(scenes, 2, good=None, age_days=100)
    add(scenes, 3, age_days=100)
    add(scenes, 4, good=None, age_days=0.01)
    (scenes / "castle" / "inbox.json").write_text(json.dumps({"version": begun.name}))
    assert removals(scenes, keep_versions=1, keep_days=0.001) == {"castle/01": "newer good versions: 1"}


def test_results_without_versions_and_scenes_with_damaged_notes_stay(scenes):
    for number in (1, 2):
        add(scenes, number, age_days=100)
        add(scenes, number, scene="tower", age_days=100)
    flat = scenes / "old"
    flat.mkdir()
    (flat / "report.json").write_text('{"status": "succeeded"}')
    (scenes / "tower" / "latest.json").write_text("{")
    assert list(removals(scenes, keep_versions=1)) == ["castle/01"]


def test_what_is_deleted_is_gone_and_the_rest_is_whole(scenes):
    old, new = add(scenes, 1), add(scenes, 2)
    storage = open_storage(str(scenes))
    (doomed,) = find_removals(storage, keep_versions=1, keep_days=None, now=NOW)
    assert doomed.version.bytes == sum(path.stat().st_size for path in old.iterdir())
    assert remove(storage, doomed)
    assert not old.exists()
    assert len(list(new.iterdir())) == 4


def test_a_version_that_has_become_the_latest_meanwhile_stays(scenes):
    old = add(scenes, 1)
    add(scenes, 2)
    storage = open_storage(str(scenes))
    (doomed,) = find_removals(storage, keep_versions=1, keep_days=None, now=NOW)
    (scenes / "castle" / "inbox.json").write_text(json.dumps({"version": old.name}))
    assert not remove(storage, doomed)
    assert (old / "viewer.html").exists()


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happened_the_latest_good_version_stays(scenes, seed):
    rng = np.random.default_rng(seed)
    for number in range(1, 1 + rng.integers(1, 9)):
        good = [True, False, None][rng.integers(3)]
        add(scenes, number, good=good, age_days=float(rng.uniform(0, 100)))
    storage = open_storage(str(scenes))
    before = read_latest(open_storage(str(scenes / "castle")))
    keep = {"keep_versions": int(rng.integers(1, 4)), "keep_days": float(rng.uniform(0.1, 50))}
    for each in list(find_removals(storage, **keep, now=NOW)):
        remove(storage, each)
    if before:
        for name in before.files:
            assert (scenes / "castle" / before.path / name).exists()
    assert removals(scenes, **keep) == {}
