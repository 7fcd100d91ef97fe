"""Which stream is the film, its time stamps, interlaced frames, sizes that change."""

import io

import av
import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.unit.ingest.films import FPS, append_box, box, changes_of, differences, full_box, walk, write_film
from tests.unit.ingest.samples import textured_image


@pytest.mark.parametrize("cover_first", [True, False])
def test_cover_art(frames, tmp_path, cover_first):
    path = write_film(tmp_path / "walk.mp4", walk(8))
    picture = io.BytesIO()
    Image.new("RGB", (600, 600), "navy").save(picture, "JPEG")
    art = box(b"data", (13).to_bytes(4, "big"), bytes(4), picture.getvalue())
    handler = box(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    meta = box(b"udta", full_box(b"meta", handler, box(b"ilst", box(b"covr", art))))
    data = path.read_bytes()
    if cover_first:
        moov = data.index(b"moov") - 4
        start = moov + 8 + int.from_bytes(data[moov + 8 : moov + 12], "big")
        size = int.from_bytes(data[moov : moov + 4], "big") + len(meta)
        data = data[:moov] + size.to_bytes(4, "big") + data[moov + 4 : start] + meta + data[start:]
    else:
        data = append_box(data, (b"moov",), meta)
    path.write_bytes(data)
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 2
    content, pictures = frames(path)
    assert {picture.shape for picture in pictures} == {(240, 320, 3)}
    assert content["notes"] == []


def write_two(path, kinds):
    """A film with several streams: size, number of frames, whether it is the default."""
    with av.open(str(path), "w") as container:
        streams = []
        for (width, height), count, is_default in kinds:
            stream = container.add_stream("libx264", rate=FPS)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.disposition = int(is_default)
            streams.append((stream, walk(count, width, height)))
        for stream, shots in streams:
            for pixels in shots:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
            container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("kinds", "size", "note"),
    [
        ([((640, 480), 1, True), ((320, 240), 20, False)], (240, 320), None),
        ([((240, 208), 12, True), ((320, 240), 12, True)], (240, 320), "walk.mkv holds 2 films"),
        ([((320, 240), 12, False), ((240, 208), 12, True)], (208, 240), "the one of 240 x 208 was used"),
    ],
    ids=["preview", "two lenses", "default"],
)
def test_several_streams(frames, tmp_path, kinds, size, note):
    content, pictures = frames(write_two(tmp_path / "walk.mkv", kinds))
    assert {picture.shape[:2] for picture in pictures} == {size}
    assert [note in text for text in content["notes"]] == ([True] if note else [])


def test_a_variable_rate(frames, tmp_path):
    """Frames are dense in the first second and sparse in the three after it."""
    times = [n / 20 for n in range(20)] + [1 + n / 4 for n in range(12)]
    path = write_film(tmp_path / "walk.mp4", walk(32), times=times)
    content, _ = frames(path, max_video_frames_per_second=2)
    chosen = [times[int(name[-10:-4])] for name in content["names"]]
    assert [int(time * 7 / 3.8) for time in chosen] == list(range(7))


def test_times_start_at_the_first_frame(run, tmp_path):
    times = [3600 + n / 10 for n in range(40)]
    path = write_film(
        tmp_path / "walk.mkv",
        walk(40),
        times=times,
        container_format="matroska",
    )
    with av.open(str(path)) as source, av.open(str(tmp_path / "dated.mkv"), "w") as target:
        target.metadata["creation_time"] = "2025-06-21T10:00:00.000000Z"
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    images = run(tmp_path / "dated.mkv")["images"]
    assert images[0]["captured_at"].startswith("2025-06-21T10:00:00")
    assert images[-1]["captured_at"].startswith("2025-06-21T10:00:03")


@pytest.mark.parametrize(
    "zero", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon"]
)
def test_a_clock_that_was_never_set(run, tmp_path, zero):
    path = tmp_path / "walk.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["creation_time"] = zero
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for pixels in walk(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode())
    assert {image["captured_at"] for image in run(path)["images"]} == {None}


def test_a_stream_without_time_stamps(frames, tmp_path):
    path = write_film(tmp_path / "walk.mp4", walk(50), container_format="h264")
    content, _ = frames(path)  # H.264 without a container counts as 25 frames a second
    assert len(content["names"]) == 6


def test_interlaced_frames_become_whole_pictures(frames, tmp_path):
    wide = np.asarray(textured_image(1, 520, 240).filter(ImageFilter.GaussianBlur(3)))
    moving = [wide[:, 8 * n : 8 * n + 320] for n in range(24)]
    woven = [before.copy() for before in moving[::2]]
    for frame, after in zip(woven, moving[1::2], strict=True):
        frame[1::2] = after[1::2]
    options = {"crf": "8", "x264-params": "interlaced=1:tff=1"}
    path = write_film(tmp_path / "walk.mp4", woven, pix_fmt="yuv444p", options=options)
    content, pictures = frames(path, max_video_frames=3)
    assert changes_of(content) == ("deinterlaced",)
    for name, picture in zip(content["names"], pictures, strict=True):
        index = int(name[-10:-4])
        combed = differences(woven[index], moving[2 * index])
        of_one_moment = min(differences(picture, moving[2 * index + field]) for field in (0, 1))
        assert of_one_moment < 0.3 * combed


@pytest.mark.slow
def test_a_size_that_changes_on_the_way(frames, tmp_path):
    parts = [
        write_film(tmp_path / f"{n}.ts", walk(6, *size)) for n, size in enumerate([(320, 240), (400, 304)])
    ]
    path = tmp_path / "walk.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    content, pictures = frames(path, max_video_frames_per_second=10)
    assert {picture.shape[:2] for picture in pictures} == {(240, 320), (304, 400)}
    assert len(content["camera_groups"]) == 2
