"""No photo that is held out of training has a copy among the photos that are trained on."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.copies import COPIES
from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.shared.errors import InputError
from components.shared.files import read_json
from components.shared.scene import Camera, Scene, View
from tests.scene_info import scene_info

SHOTS, SIZE = 12, (480, 360)
WAYS = ("as it is", *COPIES)
CHOSEN = st.lists(
    st.tuples(st.integers(0, SHOTS - 1), st.sampled_from(WAYS)), min_size=6, max_size=24, unique=True
)
CAMERA = Camera(np.eye(4), np.eye(3), *SIZE)


@pytest.fixture(scope="module")
def copies(small_demo) -> dict[tuple[int, str], Image.Image]:
    """Each of 12 shots as it is and copied in each way."""
    shots = [Image.open(path).convert("RGB") for path in sorted(small_demo.folder.glob("*.jpg"))]
    changes = {"as it is": lambda photo: photo, **COPIES}
    return {(index, way): changes[way](shots[index]) for index in range(SHOTS) for way in WAYS}


def write(folder: Path, copies, chosen) -> list[str]:
    """The chosen photos, under names that begin with their shot; the names."""
    names = [f"{shot:02d}-{number:02d}.png" for number, (shot, _) in enumerate(chosen)]
    for name, photo in zip(names, chosen, strict=True):
        copies[photo].save(folder / name)
    return names


def write_poses(folder: Path, names: list[str], test: list[str]) -> None:
    frames = [{"file_path": name, "transform_matrix": np.eye(4).tolist()} for name in names]
    content = {"camera_angle_x": 1.0, "w": SIZE[0], "h": SIZE[1], "test_filenames": test, "frames": frames}
    (folder / "transforms.json").write_text(json.dumps(content))


def ingested(folder: Path) -> dict[str, dict]:
    capture = folder.with_name(f"{folder.name}-capture")
    ingest(str(folder), capture, IngestSettings(min_sharpness=0.0, min_side_px=100))
    return {image["name"]: image for image in read_json(capture / "capture.json")["images"]}


def accepted(images: dict[str, dict]) -> list[str]:
    return [name for name, image in images.items() if image["verdict"] == "accepted"]


def held_out_and_trained(images: dict[str, dict], every: int) -> tuple[set[int], set[int]]:
    """The shots of the photos that training holds out, and of those that it trains on."""
    names = accepted(images)
    listed = tuple(name for name in names if images[name]["pose"] and images[name]["pose"]["held_out"])
    views = [View(name, CAMERA) for name in names]
    scene = Scene(Path(), views, np.zeros((0, 3)), np.zeros((0, 3)), scene_info(names, held_out=listed))
    shots = [int(name[:2]) for name in names]
    held_out = scene.held_out(every)
    return (
        {shot for shot, is_held_out in zip(shots, held_out, strict=True) if is_held_out},
        {shot for shot, is_held_out in zip(shots, held_out, strict=True) if not is_held_out},
    )


@pytest.mark.slow
@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
@given(chosen=CHOSEN, every=st.integers(2, 8))
def test_any_mixture_of_copies(copies, tmp_path_factory, chosen, every):
    folder = tmp_path_factory.mktemp("photos")
    write(folder, copies, chosen)
    shots = sorted({shot for shot, _ in chosen})
    if len(shots) < 3:
        with pytest.raises(InputError, match="at least 3"):
            ingested(folder)
        return
    images = ingested(folder)
    assert [int(name[:2]) for name in accepted(images)] == shots
    held_out, trained = held_out_and_trained(images, every)
    assert held_out
    assert not held_out & trained


@pytest.mark.slow
@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
@given(chosen=CHOSEN, numbers=st.sets(st.integers(0, 23), max_size=6))
def test_any_mixture_of_copies_with_poses(copies, tmp_path_factory, chosen, numbers):
    folder = tmp_path_factory.mktemp("posed")
    names = write(folder, copies, [(shot, way) for shot, way in chosen if way != "turned by 90°"])
    test = [name for number, name in enumerate(names) if number in numbers]
    write_poses(folder, names, test)
    try:
        images = ingested(folder)
    except InputError:
        return  # too few shots
    held_out, trained = held_out_and_trained(images, 8)
    assert held_out
    assert not held_out & trained
    assert set(test) <= set(accepted(images))


def test_the_training_copy_of_a_held_out_photo_is_left_out_with_the_reason(copies, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    names = write(folder, copies, [*((shot, "as it is") for shot in range(5)), (2, "enlarged by 1.5")])
    write_poses(folder, names, [names[2]])
    images = ingested(folder)
    assert images[names[2]]["pose"]["held_out"]
    assert images[names[5]]["verdict"] == "duplicate"
    assert images[names[5]]["reason"] == f"the same shot as {names[2]}, which is held out of training"
    assert accepted(images) == names[:5]


def test_the_training_crop_of_a_held_out_photo_is_left_out(copies, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    names = write(folder, copies, [(shot, "as it is") for shot in range(5)])
    copies[2, "as it is"].crop((20, 15, 460, 345)).save(folder / "02-crop.png")
    write_poses(folder, [*names, "02-crop.png"], [names[2]])
    images = ingested(folder)
    assert images["02-crop.png"]["verdict"] == "duplicate"
    assert accepted(images) == names


def test_two_held_out_photos_of_one_shot_both_stay(copies, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    names = write(folder, copies, [*((shot, "as it is") for shot in range(5)), (2, "HEIC")])
    write_poses(folder, names, [names[2], names[5]])
    assert len(accepted(ingested(folder))) == 6


@pytest.mark.slow
def test_shots_in_two_formats_become_one_photo_each(copies, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for shot, suffix in itertools.product(range(4), ("jpg", "heic")):
        copies[shot, "as it is"].save(folder / f"{shot}.{suffix}", quality=90)
    assert accepted(ingested(folder)) == [f"{shot}.jpg" for shot in range(4)]
