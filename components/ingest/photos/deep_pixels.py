"""Read photos with more than 8 bits per sample, of which Pillow reads only some without loss."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pillow_heif
from av.error import FFmpegError
from av.video.frame import VideoFrame
from PIL import Image

from components.ingest.metadata.png_chunks import without_metadata

_BITS_PER_SAMPLE, _PHOTOMETRIC, _PLANAR, _TILE_WIDTH, _EXTRA, _SAMPLE_FORMAT = 258, 262, 284, 322, 338, 339
_WHITE_IS_ZERO, _SEPARATE_PLANES, _PREMULTIPLIED, _UNSIGNED = 0, 2, 1, 1
_STEP = 5
"""Every so many rows and columns are compared."""
_DEMUXERS = {"PNG": "png_pipe", "TIFF": "tiff_pipe"}
_PACKED = {"gray16": 1, "ya16": 2, "rgb48": 3, "rgba64": 4}


class UnsupportedPixelsError(Exception):
    """The photo is valid, but nothing here reads its kind of pixels."""


def sample_bits(image: Image.Image) -> int:
    """Bits per sample of an opened image's file, before its pixels are loaded."""
    if image.format == "HEIF":
        return int(image.info.get("bit_depth", 8))
    if image.format == "TIFF":
        bits = image.tag_v2.get(_BITS_PER_SAMPLE, 1)  # type: ignore[attr-defined]
        return int(max(bits) if isinstance(bits, tuple) else bits)
    return 16 if image.mode.startswith("I;16") or "16" in raw_mode(image) else 8


def is_deep(image: Image.Image) -> bool:
    """Whether `read_deep` is to be used; 16-bit CMYK and HEIF are well served by Pillow's 8 bits."""
    if image.mode.startswith(("I", "F")):
        return True
    return image.format in _DEMUXERS and image.mode in ("RGB", "RGBA") and sample_bits(image) == 16


def read_deep(image: Image.Image, path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Colours [H, W, 1 or 3] as stored, and alpha [H, W] as uint16, or None.

    Raises:
        UnsupportedPixelsError: no reader decodes them right.
    """
    channels = 1 if raw_mode(image).startswith("LA") else 3
    image.load()  # finds truncated files, of which FFmpeg returns the upper part
    if image.mode.startswith(("I", "F")):
        return _read_gray(image), None
    # FFmpeg does not read a PNG whose EXIF is damaged
    file = io.BytesIO(without_metadata(path)) if image.format == "PNG" else str(path)
    samples = _read_with_ffmpeg(file, _DEMUXERS[str(image.format)])
    if samples is None or not _is_what_pillow_reads(samples, image, channels):
        return _reduced_by_pillow(image, channels)
    if samples.shape[2] in (1, 3):
        return samples, None
    color, alpha = samples[..., :-1], samples[..., -1]
    if image.mode == "RGB":  # a fourth channel that is not declared as alpha
        return color, None
    if _is_premultiplied(image):
        straight = color.astype(np.float32) * 65_535 / np.maximum(alpha, 1)[..., None]
        color = straight.clip(0, 65_535).round().astype(np.uint16)
    return color, alpha


def read_heif_16_bits(path: Path) -> np.ndarray:
    """Pixels of a HEIF file of more than 8 bits: uint16 [H, W, 3] or gray [H, W], of the full range."""
    heif = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    bits = int(heif.info.get("bit_depth", 10))
    samples = np.asarray(heif) >> (16 - bits)
    samples = samples[..., :3] if samples.ndim == 3 else samples
    levels = (np.arange(2**bits) * (65_535 / (2**bits - 1))).round().astype(np.uint16)
    return np.asarray(levels[samples])


def _read_gray(image: Image.Image) -> np.ndarray:
    gray = np.asarray(image)
    if image.format != "TIFF":
        return gray[..., None]
    tags = image.tag_v2  # type: ignore[attr-defined]
    if image.mode == "I" and sample_bits(image) == 32 and tags.get(_SAMPLE_FORMAT, (1,))[0] == _UNSIGNED:
        gray = gray.view(np.uint32)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO and gray.dtype.kind == "u":
        gray = np.iinfo(gray.dtype).max - gray
    return gray[..., None]


def _is_what_pillow_reads(samples: np.ndarray, image: Image.Image, channels: int) -> bool:
    """Whether the upper 8 bits are those that Pillow decoded; FFmpeg returns blank ones of tiles."""
    if image.format == "TIFF" and _TILE_WIDTH in image.tag_v2:  # type: ignore[attr-defined]
        return False
    if _has_separate_planes(image) or _is_premultiplied(image):  # which Pillow reads wrong, or turns back
        return True
    upper = samples[::_STEP, ::_STEP, :channels] >> 8
    pillow = np.asarray(image)[::_STEP, ::_STEP, :channels]
    return upper.shape == pillow.shape and int(np.abs(upper.astype(np.int16) - pillow).max()) <= 1


def _has_separate_planes(image: Image.Image) -> bool:
    return image.format == "TIFF" and image.tag_v2.get(_PLANAR) == _SEPARATE_PLANES  # type: ignore[attr-defined]


def _is_premultiplied(image: Image.Image) -> bool:
    return image.format == "TIFF" and _PREMULTIPLIED in image.tag_v2.get(_EXTRA, ())  # type: ignore[attr-defined]


def _read_with_ffmpeg(file: str | io.BytesIO, demuxer: str) -> np.ndarray | None:
    """uint16 [H, W, C]; None where FFmpeg cannot read the file, or not as 16 bits."""
    try:
        with av.open(file, "r", format=demuxer) as container:
            frame = next(container.decode(video=0), None)
    except FFmpegError:
        return None
    return None if frame is None else _samples(frame)


def _samples(frame: VideoFrame) -> np.ndarray | None:
    name = frame.format.name
    if name.startswith(("gbrp16", "gbrap16")):
        return frame.to_ndarray().astype(np.uint16)
    channels = _PACKED.get(name[:-2])
    if channels is None:
        return None
    plane = frame.planes[0]
    rows = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)
    rows = rows[:, : 2 * channels * frame.width]
    order = ">u2" if name.endswith("be") else "<u2"
    samples = np.ascontiguousarray(rows).view(order).astype(np.uint16)
    return samples.reshape(frame.height, frame.width, channels)


def _reduced_by_pillow(image: Image.Image, channels: int) -> tuple[np.ndarray, np.ndarray | None]:
    """The upper 8 of 16 bits, which is what Pillow reads."""
    if _has_separate_planes(image):
        raise UnsupportedPixelsError("a TIFF with 16 bits in separate planes")
    pixels = np.asarray(image).astype(np.uint16) * 257
    return pixels[..., :channels], pixels[..., 3] if image.mode == "RGBA" else None


def raw_mode(image: Image.Image) -> str:
    """Pillow's name of the layout of an opened file, as in `RGB;16B`; empty once it is loaded."""
    tile = getattr(image, "tile", None)
    if not tile:
        return ""
    args = tile[0][3]
    return str(args[0] if isinstance(args, tuple) else args)
