"""RealityCapture's table and sidecars: written by their description from known poses, they come back."""

import numpy as np
import pytest

from components.shared.errors import InputError
from tests.unit.ingest.poses.exports.written_exports import (
    PHOTOS,
    SIZE,
    STEMS,
    known_poses,
    opengl,
    projected,
    rays,
    rc_sidecar,
    rc_table,
    write_photos,
)

POSES = known_poses()


@pytest.fixture
def read(tmp_path, run):
    """`capture.json` of the photos with these other files."""

    def read(files: dict[str, str], names: tuple[str, ...] = PHOTOS) -> dict:
        write_photos(tmp_path / "shoot", names)
        for name, content in files.items():
            (tmp_path / "shoot" / name).write_bytes(content.encode())
        return run(tmp_path / "shoot")

    return read


def sidecars(**lens) -> dict[str, str]:
    return {f"images/{stem}.xmp": rc_sidecar(pose, **lens) for stem, pose in zip(STEMS, POSES, strict=True)}


def check(info: dict) -> None:
    assert [image["name"] for image in info["images"]] == list(PHOTOS)
    for image, pose in zip(info["images"], POSES, strict=True):
        np.testing.assert_allclose(image["pose"]["world_from_camera"], opengl(pose), atol=1e-9)
        assert image["pose"]["focal"] == pytest.approx([30 / 36 * 320] * 2)
        assert image["pose"]["center"] == pytest.approx([160 + 0.01 * 320, 120 - 0.02 * 320])
    assert info["notes"] == []


@pytest.mark.parametrize(
    "content",
    [
        rc_table(POSES),
        "\ufeff" + rc_table(POSES, tuple(f"{stem}.png" for stem in STEMS)).replace("\n", "\r\n"),
        "#cameras 4\n" + rc_table(POSES).replace("#name", "#Name"),
    ],
)
def test_poses_of_a_table(read, content):
    check(read({"cameras.csv": content}))


def test_poses_of_sidecars(read):
    check(read(sidecars()))


def test_sidecars_may_have_all_in_attributes_and_be_named_after_the_whole_photo(read):
    def rewritten(text: str) -> str:
        for name in ("Rotation", "Position", "DistortionCoeficients"):
            before, rest = text.split(f"<xcr:{name}>")
            value, after = rest.split(f"</xcr:{name}>")
            text = before.replace("xcr:Version", f'xcr:{name}="{value}" xcr:Version') + after
        return text

    check(read({name.replace(".xmp", ".png.xmp"): rewritten(text) for name, text in sidecars().items()}))


def test_angles_are_those_of_the_same_camera_in_a_sidecar(read):
    """A camera that a user of RealityCapture published in both forms; the last number is cut there."""
    row = "1,2,3,163.736597399311,83.4154313461628,174.386496244756,30,0,0,0,0,0,0,0,0"
    header = rc_table([], ()).strip()
    content = "\n".join([header, *(f"{stem},{row}" for stem in STEMS)])
    pose = np.array(read({"cameras.csv": content})["images"][0]["pose"]["world_from_camera"])
    expected = [
        [0.982594073038806, 0.185426733553445, -0.0112166890261935],
        [-0.032113633044729, 0.11008102707942, -0.993403685341366],
        [-0.18296885582437, 0.976472781986697, 0.114],
    ]
    np.testing.assert_allclose(opengl(pose)[:3, :2].T, np.array(expected)[:2], atol=1e-13)
    np.testing.assert_allclose(opengl(pose)[:3, 2], expected[2], atol=2e-4)


@pytest.mark.parametrize("of_table", [True, False])
def test_lenses_project_by_browns_equations(read, of_table):
    k1, k2, k3, t1, t2 = -0.12, 0.1, -0.01, 0.002, -0.003
    if of_table:
        files = {"cameras.csv": rc_table(POSES, lens=f"30,0.01,-0.02,{k1},{k2},{k3},0,{t1},{t2}")}
    else:
        files = sidecars(lens='DistortionModel="brown3t2"', coefficients=f"{k1} {k2} {k3} 0 {t1} {t2}")
    pose = read(files)["images"][0]["pose"]
    points = rays()
    x, y = points[:, 0], points[:, 1]
    square = x**2 + y**2
    radial = 1 + k1 * square + k2 * square**2 + k3 * square**3
    distorted = np.column_stack(
        [
            x * radial + t1 * (square + 2 * x**2) + 2 * t2 * x * y,
            y * radial + t2 * (square + 2 * y**2) + 2 * t1 * x * y,
        ]
    )
    expected = np.array(SIZE) / 2 + SIZE[0] * (distorted * 30 / 36 + [0.01, -0.02])
    np.testing.assert_allclose(projected(pose, points), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            rc_table(POSES, lens="30,0,0,0.1,0.1,0,0.1,0,0"),
            "the lens of a has k4 = 0.1, which cannot be used",
        ),
        (rc_table(POSES, lens="30,0,0,-0.1,0,0,0,0,0"), "the lens of a has only k1 = -0.1"),
        (rc_table(POSES, lens="0,0,0,0,0,0,0,0,0"), "line 2 cannot be read: f is '0'; it must be a number"),
        (rc_table(POSES, lens="30,x,0,0,0,0,0,0,0"), "line 2 cannot be read: px is 'x'"),
        (rc_table(POSES, lens="30"), "line 2 cannot be read: 8 fields, and there are 16 titles"),
        (rc_table(POSES, ("a", "a", "c", "d")), "it has two photos of the name a"),
        (rc_table(POSES, ("", "b", "c", "d")), "line 2 cannot be read: the photo has no name"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(read, content, words):
    with pytest.raises(InputError, match=r"cameras\.csv") as error:
        read({"cameras.csv": content})
    assert words in error.value.message
    assert error.value.remedy


@pytest.mark.parametrize(
    ("lens", "words"),
    [
        ({"coefficients": "0 0 0 1 0 0"}, "has k4 = 1"),
        ({"coefficients": "0 0 0"}, "DistortionCoeficients is '0 0 0'; it must be 6 numbers"),
        (
            {"lens": 'DistortionModel="division"', "coefficients": "-1 0 0 0 0 0"},
            "its DistortionModel is div",
        ),
        ({"lens": 'Skew="0.1"'}, "its Skew is 0.1"),
        ({"lens": 'AspectRatio="1.1"'}, "its AspectRatio is 1.1"),
    ],
)
def test_sidecars_that_cannot_be_used_are_refused(read, lens, words):
    with pytest.raises(InputError, match=r"images/a\.xmp") as error:
        read(sidecars(**lens))
    assert words in error.value.message
    assert error.value.remedy


def test_sidecars_without_a_pose_and_other_tables_are_no_exports(read):
    files = {
        "images/a.xmp": "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        "images/b.xmp": rc_sidecar(POSES[0]).replace("Rotation", "Turn"),
        "prices.csv": "name,price\na,1\n",
    }
    assert [image["pose"] for image in read(files)["images"]] == [None] * 4
