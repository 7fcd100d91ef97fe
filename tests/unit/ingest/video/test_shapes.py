"""Codecs, square pixels, turned and mirrored films."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.unit.ingest.films import (
    EXACT,
    SAMPLE_ENTRY,
    append_box,
    box,
    changes_of,
    differences,
    walk,
    with_sar,
    write_film,
)

MATRICES = {
    "turned by 90°": ((0, 1, -1, 0), Image.Transpose.ROTATE_270),
    "turned by 180°": ((-1, 0, 0, -1), Image.Transpose.ROTATE_180),
    "turned by 270°": ((0, -1, 1, 0), Image.Transpose.ROTATE_90),
    "mirrored": ((-1, 0, 0, 1), Image.Transpose.FLIP_LEFT_RIGHT),
    "mirrored, vertically": ((1, 0, 0, -1), Image.Transpose.FLIP_TOP_BOTTOM),
    "mirrored, transposed": ((0, 1, 1, 0), Image.Transpose.TRANSPOSE),
    "mirrored, transverse": ((0, -1, -1, 0), Image.Transpose.TRANSVERSE),
}


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "suffix"),
    [
        ("libx264", "yuv444p", ".mkv"),
        ("libx264", "yuv422p10le", ".mov"),
        ("libx264", "gray", ".mp4"),
        ("libx265", "yuv420p10le", ".mp4"),
        ("libvpx-vp9", "yuv420p", ".webm"),
        ("libsvtav1", "yuv420p10le", ".mp4"),
        ("mjpeg", "yuvj420p", ".avi"),
        ("prores_ks", "yuv422p10le", ".mov"),
        ("prores_ks", "yuva444p10le", ".mov"),
        ("mpeg2video", "yuv420p", ".mpg"),
        ("mpeg2video", "yuv422p", ".mxf"),
        ("libx264", "yuv420p", ".mts"),
        ("libx264", "yuv420p", ".ts"),
        ("libx264", "yuv420p", ".3gp"),
        ("wmv2", "yuv420p", ".wmv"),
        ("mpeg4", "yuv420p", ".avi"),
        ("flv", "yuv420p", ".flv"),
        ("png", "rgba", ".mov"),
        ("libx264rgb", "rgb24", ".mkv"),
        ("qtrle", "rgb24", ".mov"),
    ],
)
def test_codecs_and_containers(frames, tmp_path, codec, pix_fmt, suffix):
    options = {"crf": "12"} if codec.startswith("libx") else {"b": "8000000"}
    if codec == "mpeg2video":
        options["bf"] = "2"
    shots = walk(8)
    if suffix == ".mxf":
        shots = [np.pad(shot, ((0, 0), (0, 32), (0, 0)), "reflect") for shot in shots]

    def set_up(stream):
        if suffix in (".mpg", ".mxf"):
            stream.codec_context.framerate = Fraction(25)
            stream.codec_context.time_base = Fraction(1, 25)

    path = write_film(
        tmp_path / f"walk{suffix}",
        shots,
        codec=codec,
        pix_fmt=pix_fmt,
        options=options,
        set_up=set_up,
        container_format="mpegts" if suffix == ".mts" else None,
    )
    _, pictures = frames(path, max_video_frames=3)
    assert len(pictures) == 3
    expected = [np.asarray(Image.fromarray(shot).convert("L").convert("RGB")) for shot in shots]
    if pix_fmt != "gray":
        expected = shots
    for picture in pictures:
        assert min(differences(picture, shot) for shot in expected) < 12


@pytest.mark.parametrize(
    ("stored", "aspect", "shown"),
    [
        ((240, 240), Fraction(4, 3), (320, 240)),
        ((320, 240), Fraction(3, 4), (320, 320)),
        ((352, 288), Fraction(16, 11), (512, 288)),
        ((320, 240), Fraction(1, 1), (320, 240)),
        ((320, 240), Fraction(100, 1), (320, 240)),
    ],
)
def test_a_circle_is_round(frames, tmp_path, stored, aspect, shown):
    width, height = shown
    shots = []
    for number in range(4):
        image = Image.fromarray(walk(4, width, height)[number]).convert("L").convert("RGB")
        ImageDraw.Draw(image).ellipse((60, 20, 220, 180), fill=(255, 0, 0))
        shots.append(np.asarray(image.resize(stored, Image.Resampling.BICUBIC)))
    path = write_film(tmp_path / "walk.mp4", shots, options=EXACT, set_up=with_sar(aspect))
    content, pictures = frames(path)
    is_red = (pictures[0][..., 0] > 180) & (pictures[0][..., 1] < 80)
    rows, columns = np.nonzero(is_red)
    assert pictures[0].shape[:2] == (height, width)
    assert np.ptp(rows) + 1 == pytest.approx(161, abs=4)
    assert np.ptp(columns) + 1 == pytest.approx(161, abs=4)
    plausible = aspect not in (1, 100)
    words = (f"pixels of {aspect.numerator}:{aspect.denominator} made square",)
    assert changes_of(content) == (words if plausible else ())
    assert bool(content["notes"]) == (aspect == 100)


def test_pixel_aspect_that_only_the_container_states(frames, tmp_path):
    path = write_film(tmp_path / "walk.mp4", walk(4, 240, 240))
    header = path.read_bytes()
    path.write_bytes(
        append_box(header, SAMPLE_ENTRY, box(b"pasp", (4).to_bytes(4, "big"), (3).to_bytes(4, "big")))
    )
    content, pictures = frames(path)
    assert pictures[0].shape == (240, 320, 3)
    assert changes_of(content) == ("pixels of 4:3 made square",)


@pytest.mark.parametrize("words", MATRICES)
def test_turned_and_mirrored(frames, tmp_path, words):
    (a, b, c, d), transpose = MATRICES[words]
    one, shots = 1 << 16, walk(4, 320, 240)
    matrix = (a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
    path = write_film(
        tmp_path / "walk.mp4", shots, options=EXACT, set_up=lambda stream: stream.set_display_matrix(matrix)
    )
    content, pictures = frames(path)
    errors = {
        turn: differences(pictures[0], turned)
        for turn in Image.Transpose
        if (turned := Image.fromarray(shots[int(content["names"][0][-10:-4])]).transpose(turn)).size
        == pictures[0].shape[1::-1]
    }
    assert min(errors, key=errors.get) == transpose
    assert changes_of(content) == (words.split(",")[0],)


def test_pixels_are_squared_before_the_film_is_turned(frames, tmp_path):
    def set_up(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        stream.set_display_rotation(-90)

    content, pictures = frames(write_film(tmp_path / "walk.mov", walk(4, 240, 240), set_up=set_up))
    assert pictures[0].shape == (320, 240, 3)
    assert changes_of(content) == ("pixels of 4:3 made square", "turned by 90°")


def test_an_arbitrary_angle_is_ignored(frames, tmp_path):
    path = write_film(tmp_path / "walk.mp4", walk(4), set_up=lambda stream: stream.set_display_rotation(45))
    content, pictures = frames(path)
    assert pictures[0].shape == (240, 320, 3)
    assert changes_of(content) == ()
