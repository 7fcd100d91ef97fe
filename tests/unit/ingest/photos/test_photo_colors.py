"""Photos of any mode, depth, container and colour space become what a colour-managed viewer shows."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from PIL import Image

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.shared.contracts.capture import ImageVerdict
from tests.unit.ingest.icc_files import ADOBE_RGB, DISPLAY_P3, GAMMA_18, SRGB, Space
from tests.unit.ingest.image_files import png_bytes, tiff_bytes

SIZE = WIDTH, HEIGHT = 232, 208
GOOD_EXIF = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x04\0\0\0Abc\0\0\0\0\0"
DAMAGED_EXIF = (
    b"II*\0\xff\xff\xff\xff" + b"\xee" * 40,
    b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\xff\xff\xff\x7f\0\0\0\0",
    b"II*\0\x08\0\0\0\x01\0\x12\x01\x05\0\x01\0\0\0\x1a\0\0\0\0\0\0\0" + bytes(8),
    b"XX*\0" + bytes(40),
    b"MM\0*",
)
SPACES = {"none": None, "sRGB": SRGB, "P3": DISPLAY_P3, "Adobe": ADOBE_RGB, "1.8": GAMMA_18}
PROFILES = (*SPACES, "damaged", "wrong model")
LOSSLESS = ("png", "tif", "tif deflate", "tif big-endian", "webp", "bmp")
LOSSY = ("jpg", "progressive jpg", "webp lossy", "mpo", "heic", "avif")
MODES = ("L", "LA", "RGB", "RGBA", "P", "CMYK", "1")


@dataclass(frozen=True)
class Kind:
    """How three photos of a capture are stored."""

    mode: str
    bits: int
    container: str
    profile: str
    exif: bytes
    suffix: str
    is_cut: bool
    seed: int


def smooth_values(mode: str, seed: int) -> np.ndarray:
    """Values in 0..1, [H, W] for L and 1, else [H, W, C]; alpha of LA and RGBA is 0 on the left."""
    channels = {"L": 1, "1": 1, "LA": 2, "RGBA": 4, "CMYK": 4}.get(mode, 3)
    rng = np.random.default_rng(seed)
    small = rng.random((5, 6, channels)).astype(np.float32)
    planes = [
        np.asarray(Image.fromarray(small[..., index]).resize(SIZE, Image.Resampling.BICUBIC))
        for index in range(channels)
    ]
    values = np.clip(np.stack(planes, axis=-1) + rng.normal(0, 0.02, (HEIGHT, WIDTH, 1)), 0, 1)
    if mode in ("LA", "RGBA"):
        values[..., -1] = np.arange(WIDTH) >= WIDTH // 4
    return values[..., 0] if channels == 1 else values


def stored(kind: Kind, seed: int) -> tuple[bytes, np.ndarray]:
    """The file, and its pixels as stored: values in 0..1 that a lossless decoder returns."""
    values = smooth_values(kind.mode, seed)
    if kind.container in LOSSY:  # no clipping of what encoders add
        values = 0.3 + 0.4 * values
    pixels = (values * (2**kind.bits - 1)).round().astype(np.uint16 if kind.bits == 16 else np.uint8)
    if kind.mode == "1":
        pixels = np.where(pixels >= 128, 255, 0).astype(np.uint8)
    if kind.bits == 16:
        return _deep_file(kind, pixels), pixels / 65_535
    image = Image.fromarray(pixels, "CMYK" if kind.mode == "CMYK" else None)
    if kind.mode == "P":
        image = image.quantize(128)
    if kind.mode == "1":
        image = image.convert("1", dither=Image.Dither.NONE)
    return _pillow_file(kind, image), np.asarray(image.convert("RGB") if kind.mode == "P" else pixels) / 255


def _profile(kind: Kind) -> bytes:
    is_gray = kind.mode in ("L", "LA", "1")
    if kind.profile == "damaged":
        return DISPLAY_P3.profile()[:200]
    if kind.profile == "wrong model":
        return ADOBE_RGB.profile() if is_gray else ADOBE_RGB.gray_profile()
    space = SPACES[kind.profile]
    if space is None or kind.mode == "CMYK":
        return b""
    return space.gray_profile() if is_gray else space.profile()


def _deep_file(kind: Kind, pixels: np.ndarray) -> bytes:
    if kind.container == "png":
        return png_bytes(pixels, icc=_profile(kind), exif=kind.exif)
    order, deflate = ">" if "big" in kind.container else "<", "deflate" in kind.container
    photometric = {"L": 1, "RGB": 2, "RGBA": 2, "CMYK": 5}[kind.mode]
    extra = 2 if kind.mode == "RGBA" else None
    icc = _profile(kind)
    return tiff_bytes(pixels, photometric, order=order, deflate=deflate, extra=extra, icc=icc)


def _pillow_file(kind: Kind, image: Image.Image) -> bytes:
    options: dict[str, object] = {"icc_profile": _profile(kind) or None}
    name = {"jpg": "JPEG", "tif": "TIFF", "heic": "HEIF"}.get(
        kind.container.split()[-1], kind.container.split()[0]
    )
    name = {"progressive": "JPEG", "tif": "TIFF"}.get(name, name).upper()
    if kind.container in LOSSY:
        options |= {"quality": 97} | ({"subsampling": 0} if name in ("JPEG", "MPO") else {})
    if kind.container == "progressive jpg":
        options["progressive"] = True
    if kind.container == "tif deflate":
        options["compression"] = "tiff_adobe_deflate"
    if kind.container == "webp":
        options |= {"lossless": True, "exact": True}
    if name == "MPO":
        options |= {"save_all": True, "append_images": [image.rotate(180)]}
    if kind.exif and name not in ("BMP", "TIFF", "AVIF"):
        options["exif"] = b"Exif\0\0" + kind.exif if name in ("JPEG", "MPO") else kind.exif
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def expected(kind: Kind, data: bytes, values: np.ndarray) -> np.ndarray:
    """Levels of sRGB or gray, not rounded, that a colour-managed viewer shows."""
    if kind.container in LOSSY:
        with Image.open(io.BytesIO(data)) as image:
            values = np.asarray(image) / 255
    color = values[..., :-1] if kind.mode in ("LA", "RGBA") else values
    color = color[..., 0] if kind.mode == "LA" else color
    if kind.mode == "CMYK":
        return 255 * (1 - color[..., :3]) * (1 - color[..., 3:])
    space: Space | None = SPACES.get(kind.profile)
    return color * 255 if space is None else space.srgb(color)


def block_means(image: np.ndarray) -> np.ndarray:
    """Means over blocks of 8 x 8."""
    return image.reshape(HEIGHT // 8, 8, WIDTH // 8, 8, -1).mean(axis=(1, 3))


@st.composite
def kinds(draw: st.DrawFn, containers: tuple[str, ...]) -> Kind:
    container = draw(st.sampled_from(containers))
    modes = {
        "webp": ("RGB", "RGBA"),
        "webp lossy": ("RGB",),
        "bmp": ("L", "RGB", "P", "1"),
        "heic": ("L", "RGB"),
        "avif": ("RGB",),
        "mpo": ("L", "RGB"),
    }
    allowed = modes.get(container, ("L", "RGB", "CMYK") if "jpg" in container else MODES)
    mode = draw(st.sampled_from([mode for mode in allowed if (container, mode) != ("png", "CMYK")]))
    deep = (
        ("png",) if mode == "LA" else ("png", "tif", "tif deflate", "tif big-endian"),
        mode in ("L", "LA", "RGB", "RGBA", "CMYK"),
    )
    is_deep = container == "tif big-endian" or (container in deep[0] and deep[1] and draw(st.booleans()))
    if container == "tif big-endian":
        mode = draw(st.sampled_from(("L", "RGB", "RGBA", "CMYK")))
    has_profile = container != "bmp" and mode not in ("1", "P")
    profile = draw(st.sampled_from(PROFILES)) if has_profile else "none"
    exif = draw(st.sampled_from((b"", GOOD_EXIF, *DAMAGED_EXIF)))
    suffix = draw(st.sampled_from((".jpg", ".png", ".TIF", ".heic")))
    is_cut = draw(st.integers(0, 7)) == 0
    return Kind(
        mode, 16 if is_deep else 8, container, profile, exif, suffix, is_cut, draw(st.integers(0, 999))
    )


def worst_difference(kind: Kind) -> float:
    """Levels between a block after ingest and in a plain decode, the worst of all photos."""
    event(f"{kind.container} {kind.mode} {kind.bits}")
    with tempfile.TemporaryDirectory() as name:
        folder, capture = Path(name) / "photos", Path(name) / "capture"
        folder.mkdir()
        files = {f"{index}{kind.suffix}": stored(kind, kind.seed + index) for index in range(4)}
        for file, (data, _) in files.items():
            is_cut = kind.is_cut and file.startswith("3")
            (folder / file).write_bytes(data[: len(data) // 3] if is_cut else data)
        info = ingest(str(folder), capture, IngestSettings(min_sharpness=0))
        assert len(info.images) == 4
        worst = 0.0
        for image in info.images:
            file = image.source_name or image.name
            if kind.is_cut and file.startswith("3"):
                assert image.verdict in (ImageVerdict.TRUNCATED, ImageVerdict.CORRUPT)
                continue
            assert image.is_accepted, image.reason
            worst = max(worst, _difference(kind, capture, image.name, *files[file]))
        return worst


def _difference(kind: Kind, capture: Path, name: str, data: bytes, values: np.ndarray) -> float:
    with Image.open(capture / "images" / name) as image:
        assert image.format == ("JPEG" if Path(name).suffix == ".jpg" else "PNG")
        assert image.mode == ("L" if kind.mode in ("L", "LA", "1") else "RGB")
        result = np.asarray(image, float)
    difference = np.abs(block_means(result) - block_means(expected(kind, data, values)))
    if kind.mode in ("LA", "RGBA"):
        with Image.open(capture / "masks" / f"{name}.png") as mask:
            used = np.asarray(mask) == 255
        np.testing.assert_array_equal(used, values[..., -1] == 1)
        difference = difference[:, WIDTH // 4 // 8 + 1 :]
    return float(difference.max())


BOUNDED = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.slow
@settings(BOUNDED, max_examples=40)
@given(kinds(LOSSLESS))
def test_lossless_photos(kind):
    assert worst_difference(kind) <= 2


@pytest.mark.slow
@settings(BOUNDED, max_examples=40)
@given(kinds(LOSSY[:4]))
def test_lossy_photos(kind):
    assert worst_difference(kind) <= 2


@pytest.mark.slow
@settings(BOUNDED, max_examples=120)
@given(kinds(LOSSLESS + LOSSY))
def test_photos_of_all_containers(kind):
    assert worst_difference(kind) <= 2
