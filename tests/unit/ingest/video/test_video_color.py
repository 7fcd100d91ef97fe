import av
import numpy as np
import pytest

from components.ingest.video.video_color import ColorTags, UnknownMatrixError, to_srgb

SDR, PQ, HLG = 1, 16, 18
P709 = [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)]
P601 = [(0.63, 0.34), (0.31, 0.595), (0.155, 0.07)]
P625 = [(0.64, 0.33), (0.29, 0.60), (0.15, 0.06)]
P2020 = [(0.708, 0.292), (0.170, 0.797), (0.131, 0.046)]
P3 = [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)]
PRIMARIES = {1: P709, 5: P625, 6: P601, 9: P2020, 12: P3}
LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
UNTAGGED = ColorTags(2, 0, 2, 2)
PATCH, SIDE = 32, 6


def sdr_patches():
    """sRGB in 0..1 [36, 3]: black, white, grays, the corners of the cube, and random colours."""
    corners = [[r, g, b] for r in (0, 0.85) for g in (0, 0.85) for b in (0, 0.85)]
    grays = [[level] * 3 for level in (0.05, 0.2, 0.5, 0.75, 0.9)]
    random = np.random.default_rng(0).uniform(0.05, 0.9, (SIDE * SIDE - 14, 3))
    return np.array([*corners, *grays, [1.0] * 3, *random])


def to_linear(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_signal(linear, transfer):
    """Values of a film in 0..1 of linear light in which 1 is diffuse white: 203 cd/m² or HLG's 75 %."""
    if transfer == PQ:
        power = np.maximum(linear * 203 / 10_000, 0) ** 0.1593017578125
        return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    if transfer == HLG:
        scene = np.maximum(linear, 0) * 0.26496
        upper = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        return np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def rgb_to_xyz(primaries):
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    return columns * np.linalg.solve(columns, white)


def frame_of(patches, matrix, *, full=False, form="yuv420p", primaries=1, transfer=SDR):
    """A frame of patches in RGB [36, 3], coded by hand."""
    deep = form.endswith("10le")
    peak, dtype = (1023, np.uint16) if deep else (255, np.uint8)
    kr, kb = LUMA[matrix]
    image = patches.reshape(SIDE, SIDE, 3).repeat(PATCH, 0).repeat(PATCH, 1)
    y = image @ [kr, 1 - kr - kb, kb]
    cb, cr = (image[..., 2] - y) / (2 - 2 * kb), (image[..., 0] - y) / (2 - 2 * kr)
    unit = (peak + 1) / 256
    planes = [y * peak if full else (16 + 219 * y) * unit]
    planes += [(c * peak if full else 224 * c * unit) + 128 * unit for c in (cb, cr)]
    frame = av.VideoFrame(image.shape[1], image.shape[0], form)
    for index, (plane, values) in enumerate(zip(frame.planes, planes, strict=False)):
        values = values[:: 2 if index and "420" in form else 1, :: 2 if index and "444" not in form else 1]
        rows = np.zeros((plane.height, plane.line_size // np.dtype(dtype).itemsize), dtype)
        rows[:, : values.shape[1]] = values.round().clip(0, peak)
        plane.update(rows.tobytes())
    frame.colorspace, frame.color_range = matrix, 2 if full else 1
    frame.color_primaries, frame.color_trc = primaries, transfer
    return frame


def shown(frame, container=UNTAGGED):
    """Colours of the middles of the patches [36, 3], and the changes."""
    pixels, changes = to_srgb(frame, container)
    assert pixels.dtype == np.uint8
    return pixels[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH].reshape(-1, 3).astype(float), changes


def difference_from(colors, expected):
    """In levels; 0 near black, where sRGB is so steep that rounding of the film moves it far."""
    return np.where(expected < 8, 0, np.abs(colors - expected))


@pytest.mark.parametrize("matrix", [1, 5, 6, 7, 9])
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize(
    "form", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"]
)
def test_matrix_and_range(matrix, full, form):
    patches = sdr_patches()
    colors, changes = shown(frame_of(patches, matrix, full=full, form=form))
    assert np.abs(colors - patches * 255).max() <= (1.5 if form.endswith("10le") else 3)
    assert changes == ()


@pytest.mark.parametrize(
    ("primaries", "words"),
    [(5, "BT.470 BG"), (6, "BT.601"), (9, "BT.2020"), (12, "Display P3")],
)
@pytest.mark.parametrize("form", ["yuv444p", "yuv420p10le"])
def test_primaries(primaries, words, form):
    patches = sdr_patches()
    colors, changes = shown(frame_of(patches, 1, form=form, primaries=primaries))
    convert = np.linalg.inv(rgb_to_xyz(P709)) @ rgb_to_xyz(PRIMARIES[primaries])
    expected = to_signal((to_linear(patches) @ convert.T).clip(0, 1), SDR) * 255
    difference = difference_from(colors, expected)
    assert difference.max() <= (3 if form.endswith("10le") else 6)
    assert difference.mean() <= 1.5
    assert changes == (f"{words} to sRGB",)


@pytest.mark.parametrize(("transfer", "word"), [(PQ, "PQ"), (HLG, "HLG")])
@pytest.mark.parametrize("primaries", [9, 12])
def test_what_was_graded_from_sdr_to_hdr_comes_back(transfer, word, primaries):
    patches = sdr_patches()
    convert = np.linalg.inv(rgb_to_xyz(PRIMARIES[primaries])) @ rgb_to_xyz(P709)
    signal = to_signal(to_linear(patches) @ convert.T, transfer)
    colors, changes = shown(frame_of(signal, 9, form="yuv444p10le", primaries=primaries, transfer=transfer))
    difference = difference_from(colors, patches * 255)
    assert difference[(patches > 0.2) & (patches < 0.9)].max() <= 3
    assert difference[patches < 0.9].max() <= 4.5  # rounding to 10 bits
    assert difference.mean() <= 1.5
    assert difference.max() <= 5  # white, at the start of the roll-off: 251
    assert changes == (f"{'BT.2020' if primaries == 9 else 'Display P3'} {word} to sRGB",)


@pytest.mark.parametrize(("transfer", "peak"), [(PQ, 10_000 / 203), (HLG, 1 / 0.26496)])
def test_highlights_roll_off_without_a_turn(transfer, peak):
    ramp = np.linspace(0.5, min(peak, 3.5), SIDE * SIDE)[:, None].repeat(3, 1)
    colors, _ = shown(
        frame_of(to_signal(ramp, transfer), 9, form="yuv444p10le", primaries=9, transfer=transfer)
    )
    assert (np.diff(colors[:, 1]) >= 0).all()
    assert 248 <= np.interp(1.0, ramp[:, 1], colors[:, 1]) <= 253  # reference white
    assert colors[-1].min() >= 254


def test_gamma_2_2():
    patches = sdr_patches()
    colors, changes = shown(frame_of(patches, 1, form="yuv444p10le", transfer=4))
    assert np.abs(colors - to_signal(patches**2.2, SDR) * 255).max() <= 3
    assert changes == ("BT.709 gamma 2.2 to sRGB",)


@pytest.mark.parametrize(("height", "matrix"), [(480, 6), (576, 6), (720, 1), (1080, 1)])
def test_without_tags_the_matrix_is_that_of_the_size(height, matrix):
    frame = av.VideoFrame(height * 4 // 3, height, "yuv420p")
    assert UNTAGGED.completed(UNTAGGED, frame) == ColorTags(matrix, 1, 1, 1)


def test_tags_of_the_container_count_where_the_frame_has_none():
    frame = av.VideoFrame(640, 480, "yuv420p10le")
    container = ColorTags(9, 1, 9, HLG)
    assert UNTAGGED.completed(container, frame) == container
    assert ColorTags(1, 0, 1, 1).completed(container, frame) == ColorTags(1, 1, 1, 1)
    assert ColorTags(2, 0, 2, HLG).completed(UNTAGGED, frame) == ColorTags(9, 1, 9, HLG)


@pytest.mark.parametrize(("tagged", "level"), [(1, 128), (2, 126)], ids=["limited", "full"])
@pytest.mark.parametrize("form", ["gray", "gray10le"])
def test_gray(tagged, level, form):
    frame = av.VideoFrame(64, 64, form)
    deep = form != "gray"
    values = np.full((64, frame.planes[0].line_size // (1 + deep)), 504 if deep else 126)
    frame.planes[0].update(values.astype(np.uint16 if deep else np.uint8).tobytes())
    frame.color_range = tagged
    pixels, _ = to_srgb(frame, UNTAGGED)
    assert np.abs(pixels.astype(int) - level).max() <= 1


@pytest.mark.parametrize("form", ["gbrp", "rgb24", "gbrp10le"])
def test_rgb_needs_no_matrix(form):
    pixels = (sdr_patches() * 255).astype(np.uint8).reshape(SIDE, SIDE, 3).repeat(PATCH, 0).repeat(PATCH, 1)
    frame = av.VideoFrame.from_ndarray(pixels).reformat(format=form)
    shown_pixels, changes = to_srgb(frame, UNTAGGED)
    assert np.abs(shown_pixels.astype(int) - pixels).max() <= 1
    assert changes == ()


def test_transparency_is_ignored():
    frame = av.VideoFrame.from_ndarray(np.full((64, 64, 4), (200, 100, 50, 0), np.uint8), format="rgba")
    pixels, changes = to_srgb(
        frame.reformat(format="yuva444p", dst_colorspace="itu709"), ColorTags(1, 1, 1, 1)
    )
    assert np.abs(pixels[32, 32].astype(int) - (200, 100, 50)).max() <= 3
    assert changes == ("transparency ignored",)


@pytest.mark.parametrize(("matrix", "name"), [(14, "ICtCp"), (8, "YCgCo"), (15, "IPT of Dolby Vision")])
def test_matrices_that_cannot_be_converted(matrix, name):
    frame = frame_of(sdr_patches(), 1)
    frame.colorspace = matrix
    with pytest.raises(UnknownMatrixError, match=name):
        to_srgb(frame, UNTAGGED)
