"""A stage that was killed goes on from its snapshot, to the same scene."""

from pathlib import Path

import numpy as np
import pycolmap
import pytest

from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.sfm.snapshots import Snapshots
from components.shared.contracts.capture import CAPTURE_FILE
from tests.unit.sfm.sfm_captures import make_capture

SETTINGS = SfmSettings(min_points=300, snapshot_every_seconds=0)
COLORS = {1: np.zeros((3, 3), np.uint8), 7: np.full((2, 3), 9, np.uint8)}


class KilledError(Exception):
    """Raised while photos are matched, which ends the worker."""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "capture").mkdir()
    (tmp_path / "capture" / CAPTURE_FILE).write_text("{}")
    with pycolmap.Database.open(tmp_path / "usual.db") as database:
        database.write_camera(pycolmap.Camera.create_from_model_name(1, "PINHOLE", 100, 64, 48))
    return tmp_path


def snapshots(folder: Path, settings: SfmSettings = SETTINGS) -> Snapshots:
    return Snapshots(str(folder / "store"), folder / "capture", settings)


def test_what_was_saved_is_restored(folder):
    snapshots(folder).save_if_due(folder / "usual.db", COLORS)
    other = folder / "other try"
    other.mkdir()
    restored = snapshots(folder).restore(other / "usual.db")
    assert {key: rows.tolist() for key, rows in restored.items()} == {
        key: rows.tolist() for key, rows in COLORS.items()
    }
    with pycolmap.Database.open(other / "usual.db") as database:
        assert database.num_cameras() == 1
    assert sorted(path.name for path in other.iterdir()) == ["usual.db"]


def test_another_setting_or_capture_starts_anew(folder):
    snapshots(folder).save_if_due(folder / "usual.db", COLORS)
    assert snapshots(folder, SETTINGS.model_copy(update={"max_features": 500})).restore(folder / "x.db") == {}
    (folder / "capture" / CAPTURE_FILE).write_text('{"photos": 1}')
    assert snapshots(folder).restore(folder / "usual.db") == {}


def test_nothing_is_saved_before_time_is_up_or_without_an_address(folder):
    snapshots(folder, SfmSettings()).save_if_due(folder / "usual.db", COLORS)
    Snapshots("", folder / "capture", SETTINGS).save_if_due(folder / "usual.db", COLORS)
    assert not (folder / "store").exists()


def test_snapshots_are_deleted_in_the_end(folder):
    snapshots(folder).save_if_due(folder / "usual.db", COLORS)
    snapshots(folder).clear()
    assert not [path for path in (folder / "store").rglob("*") if path.is_file()]


@pytest.mark.slow
def test_a_killed_stage_goes_on_to_the_same_scene(small_demo, tmp_path):
    photos = {path.name: path for path in sorted(small_demo.folder.glob("*.jpg"))}
    capture, store = make_capture(photos, tmp_path / "capture"), str(tmp_path / "store")
    reconstruct(capture, tmp_path / "whole", SETTINGS)

    def kill(progress):
        if progress.phase == "match photos":
            raise KilledError

    with pytest.raises(KilledError):
        reconstruct(capture, tmp_path / "scene", SETTINGS, kill, store)
    seen = []
    reconstruct(capture, tmp_path / "scene", SETTINGS, seen.append, store)
    assert (seen[0].starts_pace, seen[0].note) == (True, "12 of 12 photos")
    assert [each.phase for each in seen].count("extract features") == 1
    for name in ("cameras.bin", "images.bin", "points3D.bin"):
        whole, resumed = (tmp_path / folder / "sparse" / name for folder in ("whole", "scene"))
        assert whole.read_bytes() == resumed.read_bytes()
    assert not [path for path in Path(store).rglob("*") if path.is_file()]
