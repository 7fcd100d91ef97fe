"""Films that are cut off or damaged: what is used of them."""

import av
import pytest

from tests.unit.ingest.films import differences, walk, write_film


def test_a_film_that_is_cut_off_is_used_up_to_there(frames, tmp_path):
    path = write_film(tmp_path / "walk.mp4", walk(40), options={"g": "5"})
    write_fast_start(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    content, _ = frames(path)
    assert 4 <= len(content["names"]) <= 9
    (note,) = content["notes"]
    assert "walk.mp4 is damaged: the file ends after" in note


def test_a_matroska_film_that_is_cut_off_is_used_up_to_there(frames, tmp_path):
    path = write_film(tmp_path / "walk.mkv", walk(40), options={"g": "5"})
    assert frames(path)[0]["notes"] == []
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size * 6 // 10])
    assert frames(path)[0]["notes"] == [
        f"walk.mkv is damaged: the file ends after {size * 6 // 10:,} of {size:,} bytes"
    ]


def write_fast_start(path):
    """Move the index of the film before its pictures, as for the web."""
    slow = path.rename(path.with_name("slow.mp4"))
    with av.open(str(slow)) as source, av.open(str(path), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)


@pytest.mark.slow
def test_damage_in_the_middle_costs_frames_up_to_the_next_key_frame(frames, tmp_path):
    shots = walk(60)
    path = write_film(tmp_path / "walk.mp4", shots, options={"g": "10", "crf": "10"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    for at in range(middle, middle + 400):
        data[at] ^= 0x5A
    path.write_bytes(data)
    content, pictures = frames(path, max_video_frames_per_second=10)
    assert 40 <= len(pictures) < 60
    for picture in pictures:
        assert min(differences(picture, shot) for shot in shots) < 6
    assert "frames were left out" in content["notes"][0]
