"""Captures with faults that photographers make: what is used, and what the photographer is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import SceneInfo
from components.shared.errors import ReconstructionError
from tests.rendered.catalog import CAPTURES
from tests.rendered.compare_poses import PoseErrors, compare_poses
from tests.rendered.truth import Truth

pytestmark = pytest.mark.slow


def _reconstruct(folder: Path) -> SceneInfo:
    ingest(str(folder / "photos"), folder / "capture", IngestSettings())
    return reconstruct(folder / "capture", folder / "scene", SfmSettings())


def _failure(folder: Path) -> ReconstructionError:
    with pytest.raises(ReconstructionError) as caught:
        _reconstruct(folder)
    return caught.value


@pytest.mark.parametrize(
    ("name", "photos", "gap"),
    [
        ("two_parts", 20, "no overlap between IMG_0423.jpg and IMG_0424.jpg"),
        ("cut_clip", 15, "no overlap between frame_0009.jpg and frame_0010.jpg"),
    ],
)
def test_the_larger_part_is_the_scene_and_the_gap_is_named(
    name: str, photos: int, gap: str, tmp_path: Path
) -> None:
    truth = CAPTURES[name](tmp_path / "photos", photos=photos, width=320)
    info = _reconstruct(tmp_path)
    larger, smaller = truth.parts
    assert [image.name for image in info.images if image.registered] == larger
    assert _errors(tmp_path, truth.only(larger)).rotation_degrees.mean() <= 0.1
    lost = {image.name: image for image in info.images if not image.registered}
    assert list(lost) == smaller
    assert {image.verdict for image in lost.values()} == {"other component"}
    assert all(image.reason.endswith(gap) for image in lost.values())
    assert sum(gap in note for note in info.capture.notes) == 1


def _errors(folder: Path, truth: Truth) -> PoseErrors:
    return compare_poses(folder / "scene", truth)


def test_stretches_that_few_photos_join_become_one_scene(tmp_path: Path) -> None:
    truth = CAPTURES["thin_link"](tmp_path / "photos", photos=21, width=320)
    info = _reconstruct(tmp_path)
    assert info.registered == 21
    assert not info.capture.notes
    errors = _errors(tmp_path, truth)
    assert errors.rotation_degrees.mean() <= 0.1
    assert np.median(errors.position_fractions) <= 0.005


def test_a_turn_on_the_spot_is_refused_with_the_advice_to_move(tmp_path: Path) -> None:
    CAPTURES["turn_on_the_spot"](tmp_path / "photos", photos=14, width=320)
    failure = _failure(tmp_path)
    assert "depth cannot be seen" in failure.message
    assert "Move by a tenth of the distance" in failure.remedy


def test_bare_walls_are_refused_with_the_advice_on_texture(tmp_path: Path) -> None:
    CAPTURES["low_texture"](tmp_path / "photos", photos=10, width=320)
    failure = _failure(tmp_path)
    assert "few features" in failure.message
    assert "include things with texture" in failure.remedy


def test_places_that_look_alike_are_told_apart(tmp_path: Path) -> None:
    """A walk along equal windows: a photo that is put one window too far is off by 13 % of the extent."""
    truth = CAPTURES["repeated"](tmp_path / "photos", photos=16, width=320)
    info = _reconstruct(tmp_path)
    assert info.registered == 16
    assert [attempt.matching for attempt in info.attempts] == ["exhaustive", "strong pairs"]
    assert _errors(tmp_path, truth).position_fractions.max() <= 0.04
