import json
import threading

import pytest

from components.publish.scenes.latest import read_latest, switch_latest
from components.shared.contracts.report import Report
from components.shared.storage import ConflictError, open_storage
from tests.unit.publish.scenes.make_scenes import make_version


@pytest.fixture
def scenes(tmp_path):
    return tmp_path / "my scenes"


def switch(folder):
    return switch_latest(str(folder), Report.read(folder / "report.json"))


def test_it_leads_to_the_files_of_the_version(scenes):
    folder = make_version(scenes, "castle", "20260101T000000Z-aaaaaa")
    (folder / ".kubesplat").mkdir()
    (folder / ".kubesplat" / "x").touch()
    assert switch(folder)
    latest = json.loads((scenes / "castle" / "latest.json").read_text())
    assert (latest["scene"], latest["version"]) == ("castle", "20260101T000000Z-aaaaaa")
    assert sorted(latest["files"]) == ["report.json", "thumbnail.webp", "viewer.html"]
    for name, size in latest["files"].items():
        assert (scenes / "castle" / latest["path"] / name).stat().st_size == size
    assert (latest["psnr_db"], latest["bytes"], latest["cost_usd"]) == (27.25, 5_100_000, 0.31)
    page = (scenes / "castle" / "index.html").read_text()
    assert 'content="0; url=20260101T000000Z-aaaaaa/viewer.html"' in page


def test_an_older_version_that_ends_later_does_not_replace_a_newer_one(scenes):
    newer = make_version(scenes, "castle", "20260102T000000Z-bbbbbb")
    older = make_version(scenes, "castle", "20260101T000000Z-aaaaaa")
    assert switch(newer)
    assert not switch(older)
    assert read_latest(open_storage(str(scenes / "castle"))).version == newer.name
    assert newer.name in (scenes / "castle" / "index.html").read_text()


def test_the_newest_of_many_that_end_together_wins(scenes):
    folders = [make_version(scenes, "castle", f"20260101T0000{second:02d}Z-aaaaaa") for second in range(8)]
    threads = [threading.Thread(target=switch, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_latest(open_storage(str(scenes / "castle"))).version == folders[-1].name
    assert folders[-1].name in (scenes / "castle" / "index.html").read_text()


def test_a_run_without_versions_has_no_latest(tmp_path):
    assert not switch_latest(str(tmp_path / "out"), Report(status="succeeded"))
    assert not list(tmp_path.iterdir())


def test_a_conflict_without_end_is_told(scenes, monkeypatch):
    def refuse(self, name, data, version, *, cache_control=""):
        raise ConflictError("late", remedy="Again.")

    folder = make_version(scenes, "castle", "20260101T000000Z-aaaaaa")
    monkeypatch.setattr("components.shared.storage.local.LocalStorage.write_if", refuse)
    with pytest.raises(ConflictError, match="late"):
        switch(folder)
