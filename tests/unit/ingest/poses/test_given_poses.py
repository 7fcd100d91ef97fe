"""Captures that come with poses: which photos are taken, and what is refused."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.shared.errors import InputError
from components.shared.files import read_json
from tests.unit.ingest.samples import file_names, textured_image

SIZE = (320, 240)
NAMES = ("a.png", "b.png", "c.png", "d.png")
TURNED = np.array([[0.0, 0, 1, 4], [1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 1]])


def ingested(source: Path, tmp_path: Path) -> dict:
    """`capture.json`; every accepted photo is there, and no other."""
    capture = tmp_path / "capture"
    ingest(str(source), capture, IngestSettings())
    info = read_json(capture / "capture.json")
    accepted = [image["name"] for image in info["images"] if image["verdict"] == "accepted"]
    assert file_names(capture) == [f"images/{name}" for name in accepted]
    return info


def frames(*paths: str, **more) -> list[dict]:
    return [{"file_path": path, "transform_matrix": TURNED.tolist(), **more} for path in paths]


@pytest.fixture
def folder(tmp_path) -> Path:
    """Four photos in `train` and one more that no file names."""
    root = tmp_path / "lego"
    (root / "train").mkdir(parents=True)
    for seed, name in enumerate(NAMES):
        textured_image(seed, *SIZE).save(root / "train" / name)
    textured_image(9, *SIZE).save(root / "cover.png")
    return root


def write(path: Path, **content) -> None:
    path.write_text(json.dumps(content))


def blender(root: Path, split: str = "train", *paths: str) -> None:
    named = paths or tuple(f"./train/{name[0]}" for name in NAMES)
    write(root / f"transforms_{split}.json", camera_angle_x=1.0, frames=frames(*named))


def test_blenders_poses_go_with_the_photos_they_name(folder, tmp_path):
    blender(folder)
    info = ingested(folder, tmp_path)
    assert [image["name"] for image in info["images"]] == [f"train/{name}" for name in NAMES]
    pose = info["images"][2]["pose"]
    np.testing.assert_allclose(pose["world_from_camera"], TURNED)
    assert pose["focal"] == pytest.approx([160 / math.tan(0.5)] * 2)
    assert pose["center"] == [160, 120]
    assert (pose["z_is_up"], pose["held_out"]) == (True, False)


def test_photos_that_were_converted_after_their_poses_are_taken_with_a_note(folder, tmp_path):
    write(
        folder / "transforms.json",
        camera_angle_x=1.0,
        frames=frames("train/a.jpg", "train/b.JPEG", "train/c.png", "train/c.jpg", "train/d.webp"),
    )
    info = ingested(folder, tmp_path)
    verdicts = {image["name"]: image["verdict"] for image in info["images"]}
    assert verdicts == {**{f"train/{name}": "accepted" for name in NAMES}, "train/c.jpg": "unreadable"}
    assert (
        "train/a.png was taken for train/a.jpg, which transforms.json names, and 2 more in the same way"
        in info["notes"]
    )


def test_an_archive_with_a_folder_around_all_is_the_same(folder, tmp_path):
    blender(folder)
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", folder.parent, "lego")
    info = ingested(Path(archive), tmp_path)
    assert [image["name"] for image in info["images"]] == [f"lego/train/{name}" for name in NAMES]
    assert all(image["pose"] for image in info["images"])


@pytest.mark.parametrize("also", [(), ("val",)])
def test_test_photos_are_held_out_and_others_beside_them_are_not_taken(folder, tmp_path, also):
    (folder / "test").mkdir()
    textured_image(20, *SIZE).save(folder / "test" / "r_0.png")
    textured_image(21, *SIZE).save(folder / "test" / "r_0_depth_0001.png")
    textured_image(22, *SIZE).save(folder / "val.png")
    blender(folder)
    blender(folder, "test", "./test/r_0")
    if also:
        blender(folder, "val", "./val")
    info = ingested(folder, tmp_path)
    held_out = {image["name"] for image in info["images"] if image["pose"]["held_out"]}
    assert held_out == {"test/r_0.png"}
    assert len(info["images"]) == 5


def test_missing_photos_are_named(folder, tmp_path):
    (folder / "train" / "d.png").unlink()
    blender(folder)
    info = ingested(folder, tmp_path)
    verdicts = {image["name"]: image["verdict"] for image in info["images"]}
    assert verdicts == {
        "train/a.png": "accepted",
        "train/b.png": "accepted",
        "train/c.png": "accepted",
        "train/d": "unreadable",
    }


def test_nerfstudios_intrinsics_fit_smaller_copies_and_single_frames(folder, tmp_path):
    lens = {"fl_x": 640.0, "fl_y": 620.0, "cx": 330.0, "cy": 250.0, "w": 640, "h": 480, "k1": 0.0}
    paths = [f"train/{name}" for name in NAMES]
    own = frames(paths[3], fl_x=300.0, fl_y=300.0, cx=160.0, cy=120.0, w=320, h=240)
    write(
        folder / "transforms.json",
        camera_model="OPENCV",
        frames=frames(*paths[:3]) + own,
        test_filenames=[paths[0]],
        **lens,
    )
    poses = [image["pose"] for image in ingested(folder, tmp_path)["images"]]
    assert poses[1]["focal"] == [320, 310]
    assert poses[1]["center"] == [165, 125]
    assert poses[3]["focal"] == [300, 300]
    assert [pose["held_out"] for pose in poses] == [True, False, False, False]
    assert not any(pose["z_is_up"] for pose in poses)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"w": 640, "h": 640}, "320 x 240 pixels, and .* 640 x 640"),
        ({"frames": frames("gone.png", "train/a.png")}, "poses for 1 photos .* gone.png first; at least 3"),
        ({"frames": frames("train/a.png", "train/b.png")}, "poses for 2 photos to train on; at least 3"),
        ({"test_filenames": ["train/a.png", "train/b.png"]}, "poses for 2 photos to train on; at least 3"),
    ],
)
def test_poses_that_do_not_fit_the_photos_are_refused(folder, tmp_path, changes, words):
    content = {"fl_x": 300.0, "frames": frames(*(f"train/{name}" for name in NAMES)), **changes}
    write(folder / "transforms.json", **content)
    with pytest.raises(InputError, match=words) as failure:
        ingested(folder, tmp_path)
    assert failure.value.remedy


def test_without_a_stated_size_all_photos_have_one_size(folder, tmp_path):
    textured_image(5, 480, 360).save(folder / "train" / "c.png")
    blender(folder)
    with pytest.raises(InputError, match=r"train/a.png has 320 x 240 pixels, train/c.png has 480 x 360"):
        ingested(folder, tmp_path)


def test_photos_with_poses_keep_their_masks(folder, tmp_path):
    (folder / "masks" / "train").mkdir(parents=True)
    mask = np.full((240, 320), 255, np.uint8)
    mask[:60] = 0
    Image.fromarray(mask).save(folder / "masks" / "train" / "b.png")
    blender(folder)
    ingest(str(folder), tmp_path / "capture", IngestSettings())
    info = read_json(tmp_path / "capture" / "capture.json")
    assert (tmp_path / "capture" / "masks" / "train" / "b.png.png").exists()
    assert [image["masked_fraction"] for image in info["images"]] == [None, 0.25, None, None]


def test_a_file_in_another_folder_is_not_read(folder, tmp_path):
    (folder / "old").mkdir()
    blender(folder / "old")
    info = ingested(folder, tmp_path)
    assert [image["pose"] for image in info["images"]] == [None] * 5


def nerfstudio(folder: Path, name: str = "transforms.json", **changes) -> None:
    content = {"fl_x": 300.0, "frames": frames(*(f"train/{name}" for name in NAMES)), **changes}
    write(folder / name, **content)


def held_out(info: dict) -> list[str]:
    return [image["name"] for image in info["images"] if image["pose"] and image["pose"]["held_out"]]


@pytest.mark.parametrize(
    "name", ["train/d.png", "./train/d.png", "train\\d.png", "train/d", "/other/machine/lego/train/d.png"]
)
def test_photos_to_hold_out_are_named_like_photos_everywhere(folder, tmp_path, name):
    nerfstudio(folder, test_filenames=[name])
    assert held_out(ingested(folder, tmp_path)) == ["train/d.png"]


def test_photos_in_neither_list_are_left_out_and_unknown_names_are_noted(folder, tmp_path):
    textured_image(5, *SIZE).save(folder / "train" / "e.png")
    nerfstudio(
        folder,
        frames=frames(*(f"train/{name}" for name in (*NAMES, "e.png"))),
        train_filenames=["train/a.png", "train/b.png", "train/c.png", "train/gone.png"],
        test_filenames=["train/d.png"],
    )
    info = ingested(folder, tmp_path)
    assert [image["name"] for image in info["images"]] == [f"train/{name}" for name in NAMES]
    assert held_out(info) == ["train/d.png"]
    assert info["notes"] == [
        "transforms.json lists train photos that have no pose or are not in the capture: train/gone.png",
        "left out, since transforms.json lists them neither as training nor as test photos: train/e.png",
        "left out, since transforms.json gives no pose for them: 2 photos, cover.png first",
    ]


def test_lists_that_match_no_photo_are_refused(folder, tmp_path):
    nerfstudio(folder, test_filenames=["renders/0.png"])
    with pytest.raises(
        InputError, match=r"none of the 1 test photos that transforms.json lists .* renders/0"
    ):
        ingested(folder, tmp_path)


def test_a_photo_with_two_poses_has_the_first(folder, tmp_path):
    second = np.eye(4).tolist()
    repeated = [
        *frames(*(f"train/{name}" for name in NAMES)),
        {**frames("train/a")[0], "transform_matrix": second},
    ]
    nerfstudio(folder, frames=repeated)
    info = ingested(folder, tmp_path)
    np.testing.assert_allclose(info["images"][0]["pose"]["world_from_camera"], TURNED)
    assert info["notes"][0] == "transforms.json gives more than one pose to train/a.png: the first counts"


def test_the_file_that_names_most_photos_counts_wherever_it_is(folder, tmp_path):
    (folder / "old").mkdir()
    write(folder / "old" / "transforms.json", fl_x=1.0, frames=frames("../train/a.png"))
    nerfstudio(folder / "train", frames=frames(*NAMES))
    info = ingested(folder, tmp_path)
    assert [image["pose"]["focal"] for image in info["images"]] == [[300, 300]] * 4
    assert info["notes"] == [
        "old/transforms.json, which names 1 of the photos, was not used: train/transforms.json names 4",
        "left out, since train/transforms.json gives no pose for it: cover.png",
    ]


def test_a_damaged_file_beside_a_good_one_is_noted_and_alone_it_is_refused(folder, tmp_path):
    (folder / "old").mkdir()
    (folder / "old" / "transforms.json").write_text("{")
    with pytest.raises(InputError, match=r"old/transforms\.json cannot be read"):
        ingested(folder, tmp_path)
    nerfstudio(folder)
    assert "old/transforms.json was not used" in ingested(folder, tmp_path)["notes"][0]


def test_masks_that_frames_name_are_used(folder, tmp_path):
    mask = np.full((240, 320), 255, np.uint8)
    mask[:60] = 0
    (folder / "alpha").mkdir()
    Image.fromarray(mask).save(folder / "alpha" / "1.png")
    with_mask = frames("train/b.png", mask_path="alpha/1.png")
    without = frames("train/d.png", mask_path="alpha/none.png")
    nerfstudio(folder, frames=[*frames("train/a.png", "train/c.png"), *without, *with_mask])
    ingest(str(folder), tmp_path / "capture", IngestSettings())
    info = read_json(tmp_path / "capture" / "capture.json")
    assert [image["masked_fraction"] for image in info["images"]] == [None, 0.25, None, None]
    assert info["notes"] == [
        "transforms.json names 1 mask that is not in the capture: alpha/none.png",
        "left out, since transforms.json gives no pose for it: cover.png",
    ]


def test_lenses_with_distortion_are_kept(folder, tmp_path):
    nerfstudio(folder, camera_model="OPENCV", k1=-0.05, k2=0.01, p1=1e-4, p2=0.0)
    poses = [image["pose"] for image in ingested(folder, tmp_path)["images"]]
    assert {pose["lens"] for pose in poses} == {"OPENCV"}
    assert poses[0]["distortion"] == [-0.05, 0.01, 1e-4, 0.0]


def test_a_lens_that_cannot_be_undistorted_is_refused(folder, tmp_path):
    nerfstudio(folder, k1=-4.0)
    with pytest.raises(InputError, match=r"transforms.json, train/a.png: the lens .* folds back"):
        ingested(folder, tmp_path)
