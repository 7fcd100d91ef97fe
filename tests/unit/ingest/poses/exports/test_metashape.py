"""Metashape's cameras.xml: written by its description from known poses, they come back."""

import numpy as np
import pytest

from components.shared.errors import InputError
from tests.unit.ingest.poses.exports.written_exports import (
    PHOTOS,
    SIZE,
    STEMS,
    known_poses,
    metashape,
    opengl,
    projected,
    rays,
    write_photos,
)

POSES = known_poses()


@pytest.fixture
def read(tmp_path, run):
    """`capture.json` of photos in `images/`, or of those of these names, with this `cameras.xml`."""

    def read(content: str, names: tuple[str, ...] = PHOTOS) -> dict:
        write_photos(tmp_path / "shoot", names)
        (tmp_path / "shoot" / "cameras.xml").write_text(content)
        return run(tmp_path / "shoot")

    return read


@pytest.mark.parametrize(
    "labels", [STEMS, tuple(f"{stem}.PNG" for stem in STEMS), tuple(f"D:/shoot/{stem}.png" for stem in STEMS)]
)
def test_poses_are_those_of_the_chunk(read, labels):
    info = read(metashape(POSES, labels))
    assert [image["name"] for image in info["images"]] == list(PHOTOS)
    for image, pose in zip(info["images"], POSES, strict=True):
        np.testing.assert_allclose(image["pose"]["world_from_camera"], opengl(pose), atol=1e-12)
        assert not image["pose"]["z_is_up"]
    assert info["notes"] == []


def test_photos_that_were_converted_are_found_with_a_note(read):
    info = read(metashape(POSES, ("a.tif", "b.JPG", "c.ARW", "d")))
    assert [image["name"] for image in info["images"]] == list(PHOTOS)
    assert all(image["pose"] for image in info["images"])
    assert info["notes"] == [
        "images/a.png was taken for images/a.tif, which cameras.xml names, and 2 more in the same way"
    ]


def test_photos_of_several_folders_are_found_by_their_names(read):
    names = ("images/1/a.png", "images/1/b.png", "images/2/c.png", "images/2/d.png")
    info = read(metashape(POSES), names)
    assert [image["name"] for image in info["images"]] == list(names)
    assert all(image["pose"] for image in info["images"])


def test_frame_cameras_project_by_the_equations_of_the_manual(read):
    f, cx, cy, b1 = 300.0, 3.5, -2.25, 4.0
    k1, k2, k3, p1, p2 = -0.1, 0.02, -0.01, 0.002, -0.003
    values = {"f": f, "cx": cx, "cy": cy, "b1": b1, "k1": k1, "k2": k2, "k3": k3, "p1": p1, "p2": p2}
    info = read(metashape(POSES, calibration="".join(f"<{key}>{x}</{key}>" for key, x in values.items())))
    points = rays()
    x, y = points[:, 0], points[:, 1]
    square = x**2 + y**2
    radial = 1 + k1 * square + k2 * square**2 + k3 * square**3
    distorted_x = x * radial + p1 * (square + 2 * x**2) + 2 * p2 * x * y
    distorted_y = y * radial + p2 * (square + 2 * y**2) + 2 * p1 * x * y
    expected = np.column_stack(
        [SIZE[0] / 2 + cx + distorted_x * (f + b1), SIZE[1] / 2 + cy + distorted_y * f]
    )
    np.testing.assert_allclose(projected(info["images"][0]["pose"], points), expected, atol=1e-9)


def test_fisheye_cameras_have_radial_distortion_of_the_angle(read):
    calibration = "<f>200</f><k1>-0.05</k1><k2>0.01</k2><k3>0.002</k3><k4>-0.001</k4>"
    pose = read(metashape(POSES, calibration=calibration, kind="fisheye"))["images"][0]["pose"]
    assert (pose["lens"], pose["distortion"]) == ("OPENCV_FISHEYE", [-0.05, 0.01, 0.002, -0.001])


def test_disabled_photos_those_without_pose_and_other_components_are_left_out(read):
    transform = f"<transform>{' '.join(['1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1'])}</transform>"
    extra = (
        f'<camera id="7" sensor_id="0" component_id="0" label="e" enabled="false">{transform}</camera>'
        '<camera id="8" sensor_id="0" label="f"/>'
        f'<camera id="9" sensor_id="0" component_id="1" label="g">{transform}</camera>'
    )
    info = read(metashape(POSES, extra=extra), (*PHOTOS, "images/e.png", "images/f.png", "images/g.png"))
    assert [image["name"] for image in info["images"]] == list(PHOTOS)
    assert info["notes"] == [
        "left out, since cameras.xml gives no pose for them: 3 photos, images/e.png first"
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (metashape(POSES)[:-30], "unclosed token"),
        (metashape(POSES).replace("<document", "<!DOCTYPE d><document"), "it declares a document type"),
        (metashape(POSES, ("a", "b", "c", "a")), "it has two photos of the name a"),
        (metashape([], ()), "no photo in it has a pose"),
        (metashape(POSES).replace('sensor_id="0"', 'sensor_id="5"'), "the camera a has the sensor 5"),
        (metashape(POSES, calibration=""), "f of the sensor X (5mm) is ''; it must be a number from"),
        (metashape(POSES, calibration="<f>nan</f>"), "f of the sensor X (5mm) is 'nan'"),
        (metashape(POSES, calibration="<f>300</f><k4>0.1</k4>"), "has k4 = 0.1, which no camera model"),
        (metashape(POSES, calibration="<f>300</f><p3>0.1</p3>"), "has p3 = 0.1"),
        (metashape(POSES, calibration="<f>300</f><b2>9</b2>"), "has skew (b2 is 9 pixels)"),
        (metashape(POSES, kind="spherical"), "is of the type spherical, whose photos cannot be used"),
        (metashape([2 * POSES[0] - np.eye(4), *POSES[1:]]), "the transform of a is not a rotation"),
        (
            metashape(POSES).replace("</transform></camera>", " 1</transform></camera>"),
            "it must be 16 numbers",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(read, content, words):
    with pytest.raises(InputError) as error:
        read(content)
    assert words in error.value.message
    assert "cameras.xml" in error.value.message
    assert error.value.remedy


def test_other_xml_is_no_export(read):
    info = read("<catalog><item/></catalog>")
    assert [image["pose"] for image in info["images"]] == [None] * 4
    assert info["notes"] == []
