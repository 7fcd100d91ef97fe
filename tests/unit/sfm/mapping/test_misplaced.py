"""Photos in a wrong place, of a capture with known poses."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pycolmap
import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.attempt_runner import AttemptRunner
from components.sfm.capture import read_capture
from components.sfm.configurations import configurations
from components.sfm.mapping.adjust import adjust
from components.sfm.mapping.complete import complete
from components.sfm.mapping.consistency import agreement
from components.sfm.mapping.map_global import map_global
from components.sfm.mapping.misplaced import misplaced_frames
from components.sfm.mapping.triangulate import triangulate
from components.sfm.settings import SfmSettings
from components.sfm.snapshots import Snapshots

pytestmark = pytest.mark.slow

UPSIDE_DOWN = pycolmap.Rigid3d(pycolmap.Rotation3d([1.0, 0.0, 0.0, 0.0]), [0.3, 0.2, 4.0])


class Matched(NamedTuple):
    database: Path
    poses: pycolmap.Reconstruction
    names: dict[int, str]


@pytest.fixture(scope="module")
def matched(small_demo, tmp_path_factory):
    """Verified matches of 12 photos, and their poses as the global mapper has them."""
    scratch = tmp_path_factory.mktemp("scratch")
    folder = scratch / "capture"
    ingest(str(small_demo.folder), folder, IngestSettings())
    capture, settings = read_capture(folder), SfmSettings()
    runner = AttemptRunner(capture, scratch, settings, Snapshots("", folder, settings), float("inf"))
    configuration = configurations(len(capture.photos), settings)[0]
    runner.match(configuration, runner.progress(configuration, lambda *_, **__: None))
    database = runner.database(configuration)
    poses = map_global(database, seed=0, on_step=lambda: None)
    return Matched(database, poses, {photo.id: photo.name for photo in capture.photos})


def misplace(poses, photos):
    model = pycolmap.Reconstruction(poses)
    for photo in photos:
        frame = model.frames[model.images[photo].frame_id]
        frame.set_cam_from_world(model.images[photo].camera_id, UPSIDE_DOWN)
    return model


def with_points(model, matched, tmp_path):
    model = triangulate(model, matched.database, tmp_path, seed=0, keep_two_view_points=True)
    adjust(model)
    return model


def agreed(model, matched):
    return agreement(model, matched.database, has_two_view_points=True)


def pose_error(model, matched, truth):
    cameras = {
        matched.names[photo]: np.vstack([model.images[photo].cam_from_world().matrix(), [0, 0, 0, 1]])
        for photo in model.reg_image_ids()
    }
    return truth.pose_error(cameras)


def test_a_misplaced_photo_is_found(matched, tmp_path):
    model = with_points(misplace(matched.poses, [3]), matched, tmp_path)
    assert model.images[3].frame_id in misplaced_frames(model, agreed(model, matched))


def test_where_half_of_the_photos_disagree_nothing_tells_which(matched, tmp_path):
    model = with_points(misplace(matched.poses, range(1, 8)), matched, tmp_path)
    assert misplaced_frames(model, agreed(model, matched)) == []


def completed(model, matched, tmp_path, min_inliers):
    return complete(
        model, matched.database, tmp_path, keep_two_view_points=True, min_inliers=min_inliers, seed=0
    )


def test_a_misplaced_photo_gets_the_pose_that_the_others_tell(matched, small_demo, tmp_path):
    model = misplace(matched.poses, [6])
    assert pose_error(model, matched, small_demo.truth).rotation_degrees > 1.0
    model = completed(model, matched, tmp_path, min_inliers=30)
    assert model.num_reg_images() == 12
    error = pose_error(model, matched, small_demo.truth)
    assert error.rotation_degrees < 0.1
    assert error.center_fraction < 0.002


def test_a_photo_that_no_points_tell_a_pose_of_is_dropped(matched, small_demo, tmp_path):
    model = completed(misplace(matched.poses, [6]), matched, tmp_path, min_inliers=100_000)
    assert set(matched.names) - set(model.reg_image_ids()) == {6}
    assert pose_error(model, matched, small_demo.truth).rotation_degrees < 0.1


def test_where_two_photos_alone_have_no_points_their_matches_do_not_count(matched, tmp_path):
    model = triangulate(
        pycolmap.Reconstruction(matched.poses), matched.database, tmp_path, seed=0, keep_two_view_points=False
    )
    adjust(model)
    every, possible = (
        agreement(model, matched.database, has_two_view_points=counted) for counted in (True, False)
    )
    assert possible.consistent == every.consistent
    assert possible.fraction > every.fraction + 0.1
