"""Captures that come with a COLMAP model: its poses, lenses and points are those of the capture."""

import shutil
from pathlib import Path

import numpy as np
import pycolmap
import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.shared.contracts.capture import POINTS_FILE
from components.shared.errors import InputError
from components.shared.files import read_json
from components.shared.point_cloud import read_point_cloud
from tests.unit.ingest.poses.colmap.models import (
    NAMES,
    PARAMETERS,
    SIZE,
    make_model,
    worlds_from_cameras,
    write_model,
    write_photos,
)


def ingested(source: Path, tmp_path: Path) -> dict:
    ingest(str(source), tmp_path / "capture", IngestSettings())
    return read_json(tmp_path / "capture" / "capture.json")


def check_poses(info: dict, model: pycolmap.Reconstruction, folder: str) -> None:
    expected = worlds_from_cameras(model)
    assert {image["name"] for image in info["images"]} == {f"{folder}{name}" for name in expected}
    for image in info["images"]:
        pose = expected[image["name"].removeprefix(folder)]
        np.testing.assert_allclose(image["pose"]["world_from_camera"], pose, atol=1e-12)
        assert (image["pose"]["z_is_up"], image["pose"]["held_out"]) == (False, False)


def check_points(folder: Path, model: pycolmap.Reconstruction) -> None:
    points = read_point_cloud(folder / POINTS_FILE, most=10**6)
    found = sorted(zip(points.positions.tolist(), points.colors.tolist(), strict=True))
    expected = [(point.xyz.tolist(), point.color.tolist()) for point in model.points3D.values()]
    assert found == sorted(expected)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("place", ["sparse/0", "colmap/sparse/0", "."])
def test_poses_and_points_are_those_of_the_model(tmp_path, text, place):
    model = make_model()
    write_photos(tmp_path / "shoot" / "images")
    write_model(model, tmp_path / "shoot" / place, text=text)
    info = ingested(tmp_path / "shoot", tmp_path)
    check_poses(info, model, "images/")
    check_points(tmp_path / "capture", model)
    assert info["notes"] == []


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_archives_bring_their_model_along(tmp_path, kind):
    model = make_model()
    write_photos(tmp_path / "shoot" / "images")
    write_model(model, tmp_path / "shoot" / "sparse" / "0")
    archive = shutil.make_archive(str(tmp_path / "packed"), kind, tmp_path, "shoot")
    check_poses(ingested(Path(archive), tmp_path), model, "shoot/images/")
    check_points(tmp_path / "capture", model)


@pytest.mark.parametrize("camera_model", PARAMETERS)
def test_lenses_project_as_the_camera_of_the_model(tmp_path, camera_model):
    model = make_model(camera_model=camera_model)
    write_photos(tmp_path / "shoot")
    write_model(model, tmp_path / "shoot" / "sparse")
    pose = ingested(tmp_path / "shoot", tmp_path)["images"][0]["pose"]
    lens = pycolmap.Camera(
        model=pose["lens"],
        width=SIZE[0],
        height=SIZE[1],
        params=[*pose["focal"], *pose["center"], *pose["distortion"]],
    )
    rays = np.column_stack([np.random.default_rng(0).uniform(-0.5, 0.5, (50, 2)), np.ones(50)])
    np.testing.assert_allclose(lens.img_from_cam(rays), model.cameras[7].img_from_cam(rays), atol=1e-9)


def test_cameras_of_a_rig_have_their_own_poses(tmp_path):
    model = make_model()
    rig = pycolmap.Rig(rig_id=99)
    cameras = [
        pycolmap.Camera(
            model="PINHOLE", width=SIZE[0], height=SIZE[1], params=PARAMETERS["PINHOLE"], camera_id=camera_id
        )
        for camera_id in (20, 21)
    ]
    for camera in cameras:
        model.add_camera(camera)
    rig.add_ref_sensor(cameras[0].sensor_id)
    turn = pycolmap.Rotation3d(np.array([0.0, 0.5, 0.1]))
    rig.add_sensor(cameras[1].sensor_id, pycolmap.Rigid3d(turn, np.array([0.3, 0.0, 0.1])))
    model.add_rig(rig)
    frame = pycolmap.Frame(frame_id=99, rig_id=99)
    for image_id, camera in zip((50, 51), cameras, strict=True):
        frame.add_data_id(pycolmap.data_t(camera.sensor_id, image_id))
    frame.rig_from_world = pycolmap.Rigid3d(turn, np.array([1.0, 2.0, 3.0]))
    model.add_frame(frame)
    for image_id, camera in zip((50, 51), cameras, strict=True):
        name = f"rig/{image_id} left.png"
        image = pycolmap.Image(name=name, camera_id=camera.camera_id, image_id=image_id)
        image.frame_id = 99
        model.add_image(image)
    model.register_frame(99)
    write_photos(tmp_path / "shoot" / "images", (*NAMES, "rig/50 left.png", "rig/51 left.png"))
    for text in (False, True):
        write_model(model, tmp_path / "shoot" / "sparse", text=text)
        check_poses(ingested(tmp_path / "shoot", tmp_path), model, "images/")
        shutil.rmtree(tmp_path / "shoot" / "sparse")


def test_of_several_models_the_one_with_most_photos_counts(tmp_path):
    write_photos(tmp_path / "shoot" / "images")
    write_photos(tmp_path / "shoot" / "images", ("e.png", "f.png"))
    model = make_model(NAMES[:3])
    write_model(make_model(("e.png", "f.png")), tmp_path / "shoot" / "sparse" / "0")
    write_model(model, tmp_path / "shoot" / "sparse" / "1")
    info = ingested(tmp_path / "shoot", tmp_path)
    check_poses(info, model, "images/")
    assert info["notes"] == [
        "sparse/0/images.bin, which names 2 of the photos, was not used: sparse/1/images.bin names 3",
        "left out, since sparse/1/images.bin gives no pose for them: 3 photos, images/d.png first",
    ]


@pytest.mark.parametrize(("named", "used"), [(4, "transforms.json"), (3, "sparse/images.txt")])
def test_transforms_count_unless_they_name_fewer_photos(tmp_path, named, used):
    write_photos(tmp_path / "shoot")
    write_model(make_model(), tmp_path / "shoot" / "sparse", text=True)
    frames = [{"file_path": name, "transform_matrix": np.eye(4).tolist()} for name in NAMES[:named]]
    (tmp_path / "shoot" / "transforms.json").write_text(
        str({"fl_x": 300, "frames": frames}).replace("'", '"')
    )
    info = ingested(tmp_path / "shoot", tmp_path)
    other, count = ("transforms.json", "4") if named < 4 else ("sparse/images.txt", "as many")
    assert info["notes"] == [
        f"{other}, which names {named} of the photos, was not used: {used} names {count}"
    ]


def test_a_model_of_other_photos_is_noted(tmp_path):
    write_photos(tmp_path / "shoot")
    write_model(make_model(("x.png", "y.png")), tmp_path / "shoot" / "sparse")
    info = ingested(tmp_path / "shoot", tmp_path)
    assert info["notes"] == [
        "sparse/images.bin was not used: it names no photo of this capture; its first is x.png"
    ]
    assert [image["pose"] for image in info["images"]] == [None] * 4


def test_a_lens_that_no_pinhole_can_show_is_refused_by_name(tmp_path):
    write_photos(tmp_path / "shoot")
    model = make_model()
    model.cameras[7].model = pycolmap.CameraModelId.THIN_PRISM_FISHEYE
    model.cameras[7].params = [300.0, 300.0, 160.0, 120.0, *[0.0] * 8]
    write_model(model, tmp_path / "shoot" / "sparse")
    with pytest.raises(InputError, match="cameras of the model THIN_PRISM_FISHEYE cannot be used") as error:
        ingested(tmp_path / "shoot", tmp_path)
    assert "image_undistorter" in error.value.remedy


def test_the_model_of_bonsai_is_kept(shared_data, tmp_path):
    photos, sparse = shared_data / "captures" / "bonsai", shared_data / "captures" / "bonsai_model"
    shutil.copytree(sparse, tmp_path / "shoot" / "sparse" / "0")
    names = sorted(photos.iterdir())[::25]
    for photo in names:
        shutil.copy(photo, tmp_path / "shoot")
    info = ingested(tmp_path / "shoot", tmp_path)
    expected = worlds_from_cameras(pycolmap.Reconstruction(str(sparse)))
    accepted = [image for image in info["images"] if image["verdict"] == "accepted"]
    assert [image["name"] for image in accepted] == [photo.name for photo in names]
    for image in accepted:
        np.testing.assert_allclose(image["pose"]["world_from_camera"], expected[image["name"]], atol=1e-9)
    assert len(read_point_cloud(tmp_path / "capture" / POINTS_FILE, most=10**6)) == 86_107


def test_photos_of_the_model_that_are_not_in_the_capture_are_noted_once(tmp_path):
    names = ("a.png", "b.png", "c.png", "gone.png", "lost.png")
    write_photos(tmp_path / "shoot" / "images", names[:3])
    write_model(make_model(names), tmp_path / "shoot" / "sparse")
    info = ingested(tmp_path / "shoot", tmp_path)
    assert [image["name"] for image in info["images"]] == [f"images/{name}" for name in names[:3]]
    assert info["notes"] == [
        "sparse/images.bin also has poses of what is not in the capture: 2 photos, images/gone.png first"
    ]


def test_too_few_photos_of_the_model_are_refused(tmp_path):
    write_photos(tmp_path / "shoot", NAMES[:2])
    write_model(make_model(), tmp_path / "shoot" / "sparse")
    with pytest.raises(
        InputError, match=r"gives poses for 2 photos to train on, and for 2 that are not in the"
    ):
        ingested(tmp_path / "shoot", tmp_path)


def test_undistorted_photos_beside_originals_go_with_their_own_model(tmp_path):
    """As the scripts of 3D Gaussian splatting leave them."""
    root = tmp_path / "shoot"
    write_photos(root / "input", size=(330, 250))
    write_photos(root / "images")
    write_model(make_model(camera_model="PINHOLE"), root / "sparse" / "0")
    write_model(make_model(size=(330, 250)), root / "distorted" / "sparse" / "0")
    info = ingested(root, tmp_path)
    assert [image["name"] for image in info["images"]] == [f"images/{name}" for name in NAMES]
    assert {image["pose"]["lens"] for image in info["images"]} == {"PINHOLE"}
    shutil.rmtree(root / "sparse")
    info = ingested(root, tmp_path)
    assert [image["name"] for image in info["images"]] == [f"input/{name}" for name in NAMES]
    assert {image["pose"]["lens"] for image in info["images"]} == {"OPENCV"}


def test_a_model_without_cameras_is_noted(tmp_path):
    write_photos(tmp_path / "shoot" / "images")
    write_model(make_model(), tmp_path / "shoot" / "sparse" / "0")
    (tmp_path / "shoot" / "sparse" / "0" / "cameras.bin").unlink()
    info = ingested(tmp_path / "shoot", tmp_path)
    assert info["notes"] == ["sparse/0/images.bin was not used: there is no cameras.bin beside it"]
    assert {image["pose"] for image in info["images"]} == {None}
