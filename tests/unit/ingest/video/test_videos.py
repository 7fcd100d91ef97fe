"""Videos as phones, cameras and editors write them: what becomes of each kind."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from components.shared.errors import InputError
from tests.unit.ingest.films import (
    FPS,
    SAMPLE_ENTRY,
    append_box,
    box,
    full_box,
    walk,
    write_film,
)
from tests.unit.ingest.samples import refused, textured_image

MATRICES = {
    "turned by 90°": ((0, 1, -1, 0), Image.Transpose.ROTATE_270),
    "turned by 180°": ((-1, 0, 0, -1), Image.Transpose.ROTATE_180),
    "turned by 270°": ((0, -1, 1, 0), Image.Transpose.ROTATE_90),
    "mirrored": ((-1, 0, 0, 1), Image.Transpose.FLIP_LEFT_RIGHT),
    "mirrored, vertically": ((1, 0, 0, -1), Image.Transpose.FLIP_TOP_BOTTOM),
    "mirrored, transposed": ((0, 1, 1, 0), Image.Transpose.TRANSPOSE),
    "mirrored, transverse": ((0, -1, -1, 0), Image.Transpose.TRANSVERSE),
}
EXACT = {"crf": "10"}


@pytest.fixture
def frames(run, tmp_path):
    """Ingest a film; the content of capture.json and the frames as arrays."""

    def frames(path, **settings):
        content = run(path, **settings)
        folder = tmp_path / "artifacts" / "capture"
        return content, [np.asarray(Image.open(folder / name).convert("RGB")) for name in content["names"]]

    return frames


def changes_of(content):
    """The changes that all frames have, but for the one that every video has."""
    (changes,) = {tuple(image["changes"]) for image in content["images"]}
    assert changes[0] == "video frame to JPEG"
    return changes[1:]


def differences(picture, other):
    return np.abs(picture.astype(float) - np.asarray(other, float)).mean()


def with_sar(aspect):
    def set_up(stream):
        stream.codec_context.sample_aspect_ratio = aspect

    return set_up


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


def test_a_size_that_changes_on_the_way(frames, tmp_path):
    parts = [
        write_film(tmp_path / f"{n}.ts", walk(6, *size)) for n, size in enumerate([(320, 240), (400, 304)])
    ]
    path = tmp_path / "walk.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    content, pictures = frames(path, max_video_frames_per_second=10)
    assert {picture.shape[:2] for picture in pictures} == {(240, 320), (304, 400)}
    assert len(content["camera_groups"]) == 2


def test_a_film_that_is_cut_off_is_used_up_to_there(frames, tmp_path):
    path = write_film(tmp_path / "walk.mp4", walk(40), options={"g": "5"})
    write_fast_start(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    content, _ = frames(path)
    assert 4 <= len(content["names"]) <= 9
    (note,) = content["notes"]
    assert "walk.mp4 is damaged: the file ends after" in note


def write_fast_start(path):
    """Move the index of the film before its pictures, as for the web."""
    slow = path.rename(path.with_name("slow.mp4"))
    with av.open(str(slow)) as source, av.open(str(path), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)


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


def spherical_xmp():
    text = (
        b'<rdf:SphericalVideo xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/">'
        b"<GSpherical:Spherical>true</GSpherical:Spherical></rdf:SphericalVideo>"
    )
    return box(b"uuid", bytes.fromhex("ffcc8263f8554a938814587a02521fdd"), text)


def spherical_boxes():
    projection = box(b"proj", full_box(b"prhd", bytes(12)), full_box(b"equi", bytes(16)))
    return box(b"sv3d", full_box(b"svhd", b"x\0"), projection)


def protection():
    scheme = full_box(b"schm", b"cenc", (1 << 16).to_bytes(4, "big"))
    key = box(b"schi", full_box(b"tenc", bytes([0, 0, 1, 8]), bytes(16)))
    return box(b"sinf", box(b"frma", b"avc1"), scheme, key)


@pytest.mark.parametrize(
    ("place", "added", "message", "remedy"),
    [
        (SAMPLE_ENTRY, spherical_boxes(), "360° or fisheye video", "Export flat video"),
        (SAMPLE_ENTRY[:2], spherical_xmp(), "360° or fisheye video", "Export flat video"),
        (SAMPLE_ENTRY, box(b"dvvC", bytes([1, 0, 5 << 1, 0x2D]), bytes(20)), "profile 5", "SDR"),
        (SAMPLE_ENTRY, protection(), "it is encrypted", "without copy protection"),
    ],
    ids=["sv3d", "XMP", "Dolby Vision 5", "encrypted"],
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


def test_a_spherical_mkv(run, tmp_path):
    flat = write_film(tmp_path / "flat.mp4", walk(4))
    flat.write_bytes(append_box(flat.read_bytes(), SAMPLE_ENTRY, spherical_boxes()))
    with av.open(str(flat)) as source, av.open(str(tmp_path / "walk.mkv"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    assert "360°" in refused(run, tmp_path / "walk.mkv").message


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
