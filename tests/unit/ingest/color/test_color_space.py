"""Colour spaces that files declare in other ways than by an ICC profile of RGB or gray."""

import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import IFD, Base

from components.ingest.color.tone_map import tone_map
from tests.unit.ingest.icc_files import ADOBE_RGB, DISPLAY_P3, cmyk_profile
from tests.unit.ingest.image_files import png_bytes
from tests.unit.ingest.samples import textured_image

PATCHES = [(220, 40, 30), (30, 190, 60), (128, 128, 128), (255, 255, 255), (0, 0, 0), (40, 60, 200)]


def patches(colors=PATCHES):
    """uint8 [240, 360, 3]: six flat patches with a little grain."""
    flat = np.repeat(np.array(colors, np.uint8)[None], 240, axis=0).repeat(60, axis=1)
    grain = np.random.default_rng(0).integers(-1, 2, flat.shape)
    return np.clip(flat.astype(int) + grain, 0, 255).astype(np.uint8)


@pytest.fixture
def convert(photos, run, tmp_path):
    """The mean colours [6, 3] of the patches after ingest, and the entry, of a photo of this name."""

    def convert(name, data):
        (photos / name).write_bytes(data)
        images = run(photos)["images"]
        (entry,) = (image for image in images if name in (image["name"], image["source_name"]))
        assert entry["verdict"] == "accepted", entry["reason"]
        with Image.open(tmp_path / "artifacts" / "capture" / "images" / entry["name"]) as image:
            assert "icc_profile" not in image.info
            pixels = np.asarray(image.convert("RGB"), float)
        return pixels.reshape(240, 6, 60, 3)[:, :, 10:-10].mean(axis=(0, 2)), entry["changes"]

    return convert


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("color_space", "index", "is_adobe"),
    [(65_535, "R03", True), (2, None, True), (1, "R03", False), (1, "R98", False)],
)
def test_adobe_rgb_of_cameras_that_write_no_profile(convert, color_space, index, is_adobe):
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.ColorSpace] = color_space
    if index:
        exif.get_ifd(IFD.Exif)[IFD.Interop] = {1: index}
    pixels = patches()
    means, changes = convert("x.jpg", encoded(Image.fromarray(pixels), "JPEG", quality=97, exif=exif))
    expected = ADOBE_RGB.srgb(np.array(PATCHES) / 255) if is_adobe else np.array(PATCHES)
    assert np.abs(means - expected).max() <= 2
    assert changes == (["Adobe RGB to sRGB"] if is_adobe else [])


def test_the_gamma_of_a_png(convert):
    chunk = (b"gAMA", struct.pack(">I", 100_000))  # linear light
    means, changes = convert("x.png", png_bytes(patches(), chunk))
    linear = np.array(PATCHES) / 255
    expected = 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(means - expected)[:4].max() <= 2
    assert changes == ["PNG gamma 1 to sRGB"]


@pytest.mark.parametrize("chunks", [[(b"gAMA", 45_455)], [(b"gAMA", 100_000), (b"sRGB", None)]])
def test_pngs_whose_chunks_mean_srgb_keep_their_bytes(convert, photos, tmp_path, chunks):
    packed = [(kind, b"\0" if value is None else struct.pack(">I", value)) for kind, value in chunks]
    _, changes = convert("x.png", png_bytes(patches(), *packed))
    kept = tmp_path / "artifacts" / "capture" / "images" / "x.png"
    assert (changes, kept.read_bytes()) == ([], (photos / "x.png").read_bytes())


@pytest.mark.parametrize("bits", [8, 16])
def test_code_points_of_a_png_go_before_its_profile(convert, bits):
    pixels = patches() if bits == 8 else patches().astype(np.uint16) * 257
    cicp = (b"cICP", bytes([12, 13, 0, 1]))
    means, changes = convert("x.png", png_bytes(pixels, cicp, icc=ADOBE_RGB.profile()))
    assert np.abs(means - DISPLAY_P3.srgb(np.array(PATCHES) / 255)).max() <= 2
    assert changes[-1] == "Display P3 to sRGB"


def test_chromaticities_that_are_no_triangle_are_ignored(convert):
    means, changes = convert("x.png", png_bytes(patches(), (b"cHRM", bytes(32))))
    assert np.abs(means - PATCHES).max() <= 1
    assert changes == []


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_display_p3_by_code_points(convert, kind):
    pillow_heif.register_heif_opener()
    codes = {
        "color_primaries": 12,
        "transfer_characteristics": 13,
        "matrix_coefficients": 6,
        "full_range_flag": 1,
    }
    data = encoded(Image.fromarray(patches()), kind, quality=95, **(codes if kind == "HEIF" else {}))
    data = data.replace(b"colrnclx\0\1\0\r", b"colrnclx\0\x0c\0\r")
    means, changes = convert("x.heic", data)
    with Image.open(io.BytesIO(data)) as image:
        stored = np.asarray(image, float).reshape(240, 6, 60, 3)[:, :, 10:-10].mean(axis=(0, 2))
    assert np.abs(means - DISPLAY_P3.srgb(stored / 255)).max() <= 2
    assert np.abs(means - PATCHES).max() > 15
    assert changes == ["Display P3 to sRGB", f"{kind} to JPEG"]


def pq(nits):
    """Signal of BT.2100's PQ for a luminance in cd/m²."""
    root = (nits / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * root) / (1 + 18.6875 * root)) ** 78.84375


@pytest.mark.parametrize("container", ["png", "heic"])
def test_high_dynamic_range_is_tone_mapped(convert, container):
    """Grays of 0 to 1000 cd/m²; diffuse white, 203 cd/m², becomes 251."""
    nits = np.array([0.0, 20.3, 100.0, 203.0, 500.0, 1000.0])
    signal = np.repeat((pq(nits) * 65_535).round().astype(np.uint16)[None], 240, axis=0).repeat(60, axis=1)
    pixels = np.repeat(signal[..., None], 3, axis=2)
    if container == "png":
        data = png_bytes(pixels, (b"cICP", bytes([9, 16, 0, 1])))
    else:
        heif = pillow_heif.from_bytes("RGB;16", (360, 240), pixels.tobytes())
        buffer = io.BytesIO()
        heif.save(
            buffer,
            quality=95,
            color_primaries=9,
            transfer_characteristics=16,
            matrix_coefficients=9,
            full_range_flag=1,
        )
        data = buffer.getvalue()
    means, changes = convert(f"x.{container}", data)
    x = nits / 203
    linear = np.where(x <= 0.9, x, 1 - 0.1 * np.exp((0.9 - x) / 0.1))
    expected = 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(means.mean(axis=1) - expected).max() <= 2
    assert expected[3] == pytest.approx(251, abs=1)
    assert "BT.2020 PQ to sRGB" in changes


def test_tone_mapping_keeps_the_hue_and_rises():
    light = np.linspace(0, 8, 400, dtype=np.float32)[None, :, None] * np.array([1.0, 0.5, 0.25], np.float32)
    mapped = tone_map(light)
    assert np.diff(mapped[0, :, 0]).min() > -1e-6
    np.testing.assert_allclose(mapped[0, 1:, 1] / mapped[0, 1:, 0], 0.5, rtol=1e-4)
    assert mapped.max() <= 1.0


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_are_converted_by_their_profile(convert, kind):
    profile = cmyk_profile(
        lambda c, m, y, k: (95 - 25 * c - 30 * m - 5 * y - 30 * k, 40 * m - 30 * c, 60 * y - 30 * c)
    )
    image = Image.fromarray(patches()).convert("CMYK")
    name = "x.jpg" if kind == "JPEG" else "x.tif"
    means, changes = convert(
        name, encoded(image, kind, icc_profile=profile, **({"quality": 97} if kind == "JPEG" else {}))
    )
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    managed = ImageCms.profileToProfile(image, opened, ImageCms.createProfile("sRGB"), outputMode="RGB")
    expected = np.asarray(managed, float).reshape(240, 6, 60, 3)[:, :, 10:-10].mean(axis=(0, 2))
    assert np.abs(means - expected).max() <= 2
    assert np.abs(means - np.array(PATCHES)).max() > 20
    assert changes[0] == "CMYK (Test press) to sRGB"


def test_a_gray_photo_with_a_profile_of_srgb_keeps_its_bytes(photos, run):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for mode in ("L", "RGB"):
        textured_image(9).convert(mode).save(photos / f"{mode}.jpg", icc_profile=srgb)
    images = {image["name"]: image["changes"] for image in run(photos)["images"]}
    assert images["L.jpg"] == images["RGB.jpg"] == []
