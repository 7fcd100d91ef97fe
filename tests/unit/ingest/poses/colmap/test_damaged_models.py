"""Damaged COLMAP models: refused with the file, the place, what was found and what to do."""

import struct

import numpy as np
import pytest

from components.ingest.poses.colmap.read_model import find_models, read_model
from components.ingest.poses.pose_list import PoseList
from components.ingest.source.source_file import SourceFile
from components.shared.errors import InputError
from tests.unit.ingest.poses.colmap.models import make_model, worlds_from_cameras, write_model

CAMERAS = "1 PINHOLE 640 480 500 500 320 240\n"
IMAGES = "1 1 0 0 0 0 0 0 1 a.png\n\n2 1 0 0 0 1 0 0 1 b c.png\n1 2 -1\n"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "sparse"


def read(folder) -> PoseList:
    files = {f"sparse/{path.name}": SourceFile(f"sparse/{path.name}", path) for path in folder.iterdir()}
    (name,) = find_models(files)
    return read_model(name, files, [])


@pytest.fixture
def read_text(folder):
    def read_text(cameras=CAMERAS, images=IMAGES) -> PoseList:
        folder.mkdir()
        (folder / "cameras.txt").write_bytes(cameras.encode())
        (folder / "images.txt").write_bytes(images.encode("utf-8", "surrogateescape"))
        return read(folder)

    return read_text


@pytest.mark.parametrize(
    "images",
    [
        IMAGES,
        "# comment\n\n" + IMAGES + "# end\n",
        IMAGES.replace("\n", "\r\n"),
        "\ufeff" + IMAGES,
        IMAGES.removesuffix("1 2 -1\n"),
        IMAGES.rstrip("\n"),
    ],
)
def test_text_is_read_with_comments_and_other_line_ends(read_text, images):
    model = read_text(images=images)
    assert [frame.path for frame in model.frames] == ["a.png", "b c.png"]
    assert model.frames[1].world_from_camera[0] == (1.0, 0.0, 0.0, -1.0)
    assert model.points_path is None


def test_names_may_have_bytes_that_are_no_unicode(read_text):
    assert read_text(images=IMAGES.replace("a.png", "\udcff.png")).frames[0].path == "\udcff.png"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"images": IMAGES.replace("1 1 0 0 0 0 0 0", "1 1 0 0 0 nan 0 0")}, "line 1: 'nan' is not a finite"),
        (
            {"images": IMAGES.replace("1 1 0 0 0 0 0 0", "1 1 0 0 0 2e9 0 0")},
            "line 1: 2000000000.0 in the pose",
        ),
        (
            {"images": IMAGES.replace("2 1 0", "2 0.5 0")},
            "line 3: the quaternion of b c.png has the length 0.5",
        ),
        ({"images": IMAGES.replace("2 1 0", "2 0 0")}, "line 3: the quaternion of b c.png has the length 0,"),
        (
            {"images": IMAGES.replace(" a.png", "")},
            "line 1: '1 1 0 0 0 0 0 0 1' is not an image: it has 9 of 10",
        ),
        (
            {"images": IMAGES.replace("\n\n", "\n")},
            "line 2: '2 1 0 0 0 1 0 0 1 b c.png' is not what a.png observes",
        ),
        (
            {"images": IMAGES.replace("1 b c", "9 b c")},
            "line 3: b c.png has the camera 9, and sparse/cameras.txt",
        ),
        ({"images": IMAGES.replace("1 b c", "x b c")}, "line 3: 'x' is not the id of a camera"),
        ({"cameras": "1 PINHOLE 640 480 500 500 320\n"}, "cameras.txt, line 1 cannot be read: 3 parameters"),
        ({"cameras": "1 PINHOLE 640\n"}, "line 1: '1 PINHOLE 640' is not a camera"),
        ({"cameras": CAMERAS.replace("640", "0")}, "the size is 0; it must be a number from 1 to 1,000,000"),
        ({"cameras": CAMERAS.replace("500 500", "500 -1")}, "the focal length is -1; it must be"),
        ({"cameras": CAMERAS.replace("320", "inf")}, "line 1: 'inf' is not a finite number"),
        ({"cameras": CAMERAS * 2}, "line 2: a second camera has the id 1"),
        ({"cameras": CAMERAS.replace("PINHOLE", "FOV")}, "cameras of the model FOV cannot be used"),
        ({"cameras": CAMERAS.replace("PINHOLE", "\x1b[2J")}, "cameras of the model _[2J cannot be used"),
    ],
)
def test_damaged_text_is_refused(read_text, content, words):
    with pytest.raises(InputError) as error:
        read_text(**content)
    assert words in error.value.message
    assert "sparse/" in error.value.message
    assert error.value.remedy


def test_cameras_that_no_photo_has_may_be_of_any_model(read_text):
    assert len(read_text(cameras=CAMERAS + "2 FOV 640 480 1 2 3 4 5").frames) == 2


def changed(data: bytes, at: int, layout: str, value: float) -> bytes:
    return data[:at] + struct.pack(layout, value) + data[at + struct.calcsize(layout) :]


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("images", lambda data: b"", "images.bin cannot be read: it is empty"),
        ("images", lambda data: data[:5], "it is cut off: it has 5 bytes"),
        ("images", lambda data: data[:-5], "it is cut off: it has"),
        ("images", lambda data: data + b"x", "1 bytes follow after its last image"),
        ("images", lambda data: changed(data, 0, "<Q", 3), "bytes follow after its last image"),
        (
            "images",
            lambda data: changed(data, 0, "<Q", 2**63),
            "it claims 9223372036854775808 images and has",
        ),
        ("images", lambda data: changed(data, 12, "<d", np.nan), "byte 8: nan in the pose of"),
        ("images", lambda data: changed(data, 44, "<d", np.inf), "byte 8: inf in the pose of"),
        ("images", lambda data: changed(data, 12, "<d", 3.0), "byte 8: the quaternion of"),
        ("images", lambda data: changed(data, 78, "<Q", 2**62), "it is cut off"),
        ("images", lambda data: data[:72] + b"\0" * 400, "byte 8: the image has no name"),
        ("images", lambda data: data[:72] + b"a" * 9000, "byte 72: the name of an image does not end"),
        (
            "images",
            lambda data: changed(data, 68, "<I", 8),
            "has the camera 8, and sparse/cameras.bin has none",
        ),
        (
            "cameras",
            lambda data: changed(data, 12, "<i", 99),
            "byte 8: the camera 7 has the unknown model 99",
        ),
        (
            "cameras",
            lambda data: changed(data, 12, "<i", -1),
            "byte 8: the camera 7 has the unknown model -1",
        ),
        ("cameras", lambda data: changed(data, 12, "<i", 12), "cameras of the model SIMPLE_DIVISION cannot"),
        ("cameras", lambda data: changed(data, 16, "<Q", 2**60), "the size is 1.15292e+18"),
        ("cameras", lambda data: changed(data, 32, "<d", np.nan), "the focal length is nan"),
        ("cameras", lambda data: data[:-1], "it is cut off"),
        ("cameras", lambda data: changed(data, 0, "<Q", 2**40), "it claims 1099511627776 cameras and has 56"),
    ],
)
def test_damaged_binaries_are_refused(folder, file, change, words):
    write_model(make_model(("a.png", "b.png", "c.png", "d.png")), folder)
    path = folder / f"{file}.bin"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError) as error:
        read(folder)
    assert words in error.value.message
    assert "sparse/" in error.value.message
    assert error.value.remedy


def test_a_binary_model_cut_off_anywhere_is_refused(folder):
    write_model(make_model(("a.png", "b.png"), points=1), folder)
    content = (folder / "images.bin").read_bytes()
    for length in range(len(content)):
        (folder / "images.bin").write_bytes(content[:length])
        with pytest.raises(InputError):
            read(folder)


@pytest.mark.parametrize("text", [False, True])
def test_a_sound_model_is_as_pycolmap_reads_it(folder, text):
    model = make_model(("cam 1/ä.png", "b.png"))
    write_model(model, folder, text=text)
    frames = read(folder).frames
    expected = worlds_from_cameras(model)
    assert {frame.path for frame in frames} == expected.keys()
    for frame in frames:
        np.testing.assert_allclose(frame.world_from_camera, expected[frame.path], atol=1e-12)
