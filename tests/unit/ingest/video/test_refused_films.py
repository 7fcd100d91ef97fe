"""Films that cannot be used, and files that are none."""

import av
import numpy as np
import pytest

from components.shared.errors import InputError
from tests.unit.ingest.films import (
    SAMPLE_ENTRY,
    append_box,
    box,
    changes_of,
    differences,
    full_box,
    walk,
    write_film,
)
from tests.unit.ingest.samples import refused

TOP_BOTTOM = b"<GSpherical:StereoMode>top-bottom</GSpherical:StereoMode>"
CUBEMAP = b"<GSpherical:ProjectionType>cubemap</GSpherical:ProjectionType>"


def spherical_xmp(more=b""):
    text = (
        b'<rdf:SphericalVideo xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/">'
        b"<GSpherical:Spherical>true</GSpherical:Spherical>" + more + b"</rdf:SphericalVideo>"
    )
    return box(b"uuid", bytes.fromhex("ffcc8263f8554a938814587a02521fdd"), text)


def spherical_boxes(kind=b"equi", size=16):
    projection = box(b"proj", full_box(b"prhd", bytes(12)), full_box(kind, bytes(size)))
    return box(b"sv3d", full_box(b"svhd", b"x\0"), projection)


def protection():
    scheme = full_box(b"schm", b"cenc", (1 << 16).to_bytes(4, "big"))
    key = box(b"schi", full_box(b"tenc", bytes([0, 0, 1, 8]), bytes(16)))
    return box(b"sinf", box(b"frma", b"avc1"), scheme, key)


@pytest.mark.parametrize(
    ("place", "added", "message", "remedy"),
    [
        (SAMPLE_ENTRY, spherical_boxes(b"cbmp", 8), "shows a cubemap; only flat films", "as a 360° film"),
        (SAMPLE_ENTRY[:2], spherical_xmp(TOP_BOTTOM), "shows two pictures, for both eyes", "for one eye"),
        (SAMPLE_ENTRY[:2], spherical_xmp(CUBEMAP), "the projection 'cubemap'", "as a 360° film"),
        (SAMPLE_ENTRY, box(b"dvvC", bytes([1, 0, 5 << 1, 0x2D]), bytes(20)), "profile 5", "SDR"),
        (SAMPLE_ENTRY, protection(), "it is encrypted", "without copy protection"),
    ],
    ids=["cubemap", "stereo", "cubemap in XMP", "Dolby Vision 5", "encrypted"],
)
def test_refused_for_what_the_header_says(run, tmp_path, place, added, message, remedy):
    path = write_film(tmp_path / "walk.mp4", walk(4))
    data = append_box(path.read_bytes(), place, added)
    if b"sinf" in added:
        entry = data.index(b"avc1", data.index(b"stsd"))
        data = data[:entry] + b"encv" + data[entry + 4 :]
    path.write_bytes(data)
    error = refused(run, path)
    assert "walk.mp4" in error.message
    assert message in error.message
    assert remedy in error.remedy


def test_dolby_vision_of_phones_is_read(frames, tmp_path):
    path = write_film(tmp_path / "walk.mp4", walk(4))
    added = box(b"dvvC", bytes([1, 0, 8 << 1, 0x2D]), bytes(20))
    path.write_bytes(append_box(path.read_bytes(), SAMPLE_ENTRY, added))
    assert len(frames(path)[1]) == 3


def test_hdr_of_a_phone(frames, tmp_path):
    """HEVC of 10 bits in HLG: SDR whose white is 75 % comes back."""
    shots = walk(6)
    matrix = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])

    def hlg(pixels):
        linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
        scene = linear @ matrix.T * 0.265
        upper = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        signal = np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)
        frame = av.VideoFrame.from_ndarray((signal * 65535).round().astype(np.uint16), format="rgb48le")
        frame = frame.reformat(format="yuv444p10le", dst_colorspace="bt2020")
        frame.colorspace, frame.color_primaries, frame.color_trc = 9, 9, 18
        return frame

    path = write_film(
        tmp_path / "walk.mov",
        [hlg(pixels / 255) for pixels in shots],
        codec="libx265",
        pix_fmt="yuv444p10le",
        options={
            "crf": "4",
            "x265-params": "log-level=error:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc",
        },
    )
    content, pictures = frames(path)
    assert changes_of(content) == ("BT.2020 HLG to sRGB",)
    index = int(content["names"][0][-10:-4])
    assert differences(pictures[0], shots[index]) < 2.5
    assert abs(pictures[0].mean() - shots[index].mean()) < 1


def audio_only(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48000
        for _ in range(20):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def without_index(path):
    write_film(path, walk(4))
    path.write_bytes(path.read_bytes()[:2000])


def unknown_codec(path):
    write_film(path, walk(4))
    path.write_bytes(path.read_bytes().replace(b"avc1\0\0\0\0", b"XYZ9\0\0\0\0"))


def noise(path):
    path.write_bytes(np.random.default_rng(0).bytes(20_000))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: write_film(path, walk(1)), "has 1 frame to use; at least 3 are needed"),
        (lambda path: write_film(path, walk(2)), "has 2 frames to use"),
        (audio_only, "it holds only sound"),
        (lambda path: path.write_text("this is no video"), "its content is text"),
        (
            lambda path: path.write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/a.ts\n"),
            "its content is text",
        ),
        (lambda path: path.touch(), "is empty: 0 bytes"),
        (without_index, "its index (moov) is missing"),
        (unknown_codec, "its codec is not one that FFmpeg decodes"),
        (noise, "cannot be read as a video"),
    ],
    ids=["one", "two", "audio", "text", "playlist", "empty", "no index", "codec", "noise"],
)
def test_refused(run, tmp_path, make, message):
    make(tmp_path / "walk.mp4")
    error = refused(run, tmp_path / "walk.mp4")
    assert error.message.startswith("walk.mp4 ")
    assert message in error.message


def test_three_frames_are_enough(frames, tmp_path):
    assert len(frames(write_film(tmp_path / "walk.mp4", walk(3)))[1]) == 3


@pytest.mark.slow
def test_damaged_headers_are_refused_or_read(frames, tmp_path):
    """No other error, no crash and no hang: bytes of the index are changed at random."""
    data = write_film(tmp_path / "good.mp4", walk(6)).read_bytes()
    rng = np.random.default_rng(0)
    start = data.index(b"moov")
    path = tmp_path / "walk.mp4"
    outcomes = set()
    for _ in range(60):
        damaged = bytearray(data)
        for at in rng.integers(start, len(data), 6):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            outcomes.add(len(frames(path, max_megapixels=4)[1]) >= 3)
        except InputError:
            outcomes.add(False)
    assert outcomes == {True, False}
