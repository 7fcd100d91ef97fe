import json
import time

import pytest

from components.publish.scenes.version import begin_version
from components.shared.leases import acquire
from components.shared.run_layout import LEASE_FILE, plan_name
from components.shared.scene_version import VersionInfo
from components.shared.storage import open_storage, put_json
from pipelines.inbox_to_sogs.keep_leases import keep_leases, remove_dead_leases

VERSION = "20260101T000000Z-aaaaaa"


@pytest.fixture
def scenes(tmp_path):
    """Two captures that a pass has begun, the first of which is done."""
    begun = []
    for title in ("castle", "tower"):
        output = str(tmp_path / title / VERSION)
        info = VersionInfo(scene=title, version=VERSION, capture="in/", holder="pass", lease_seconds=100)
        begin_version(output, info)
        begun.append({"title": title, "output": output, "begin": True})
    acquire(open_storage(str(tmp_path / "tower")), LEASE_FILE, "pass", 90)
    (tmp_path / "castle" / VERSION / "report.json").write_text("{}")
    skipped = {"title": "old", "output": "old", "begin": False}
    put_json(open_storage(str(tmp_path)), plan_name("pass"), {"captures": [*begun, skipped]})
    return tmp_path


def expires_at(scenes):
    return json.loads((scenes / "tower" / LEASE_FILE).read_text())["expires_at"]


def test_leases_are_renewed_while_the_pass_lives_and_ended_with_it(scenes):
    before = expires_at(scenes)
    with keep_leases(str(scenes), "pass", every=0.05):
        deadline = time.monotonic() + 10
        while expires_at(scenes) == before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert expires_at(scenes) > before
        assert not (scenes / "castle" / LEASE_FILE).exists()
    assert not (scenes / "tower" / LEASE_FILE).exists()


def test_a_pass_that_has_begun_nothing_has_nothing_to_keep(tmp_path):
    with keep_leases(str(tmp_path), "pass", every=0.01):
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []


def test_what_dead_passes_left_is_removed_from_a_locked_folder(scenes):
    remove_dead_leases(scenes)
    left = [path.name for path in scenes.rglob("*") if path.is_file()]
    assert sorted(left) == ["report.json", "version.json", "version.json"]
