"""360° films become flat views of their frames, whichever way they say what they are."""

import av
import numpy as np
import pytest

from tests.unit.ingest.films import SAMPLE_ENTRY, append_box, walk, write_film
from tests.unit.ingest.video.test_refused_films import spherical_boxes, spherical_xmp

MONO = b"<GSpherical:StereoMode>mono</GSpherical:StereoMode>"


def spherical_film(path, place, added):
    """Frames of 2:1 that look flat: only the header says that they are not."""
    write_film(path, walk(4, 512, 256))
    path.write_bytes(append_box(path.read_bytes(), place, added))
    return path


@pytest.mark.parametrize(
    ("place", "added"),
    [(SAMPLE_ENTRY, spherical_boxes()), (SAMPLE_ENTRY[:2], spherical_xmp(MONO))],
    ids=["sv3d", "XMP"],
)
def test_mp4(run, tmp_path, place, added):
    content = run(spherical_film(tmp_path / "walk.mp4", place, added))
    assert len(content["images"]) == 3 * 8
    assert len({image["rig"]["frame"] for image in content["images"]}) == 3
    assert content["ordered"]
    assert content["images"][0]["changes"] == ["video frame to JPEG", "360° photo to flat views"]


def test_mkv(run, tmp_path):
    flat = spherical_film(tmp_path / "flat.mp4", SAMPLE_ENTRY, spherical_boxes())
    with av.open(str(flat)) as source, av.open(str(tmp_path / "walk.mkv"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    assert len(run(tmp_path / "walk.mkv")["images"]) == 3 * 8


def test_one_flat_frame_among_spheres_is_split_too(run, tmp_path):
    """The film decides, not each frame: a blur must not turn a frame into a flat photo."""
    frames = [*walk(3, 512, 256), np.full((256, 512, 3), 90, np.uint8)]
    path = write_film(tmp_path / "walk.mp4", frames)
    path.write_bytes(append_box(path.read_bytes(), SAMPLE_ENTRY, spherical_boxes()))
    content = run(path, max_video_frames_per_second=10)
    verdicts = {image["name"]: image["verdict"] for image in content["images"]}
    assert verdicts.pop("frame_000003.jpg") == "blank"
    assert set(verdicts.values()) == {"accepted"}
    assert len(verdicts) == 3 * 8
