"""Colours of a film's frames: from its own YUV or RGB to sRGB of 8 bits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation

from components.ingest.color.color_space import coded_space
from components.ingest.color.rgb_spaces import RgbSpace

_UNSPECIFIED = (0, 2, 3)
"""Codes of ITU-T H.273 for unspecified and reserved; 0 is also the matrix of RGB, which needs none."""
_BT709, _BT601, _BT2020 = 1, 6, 9
_HDR = (16, 18)
_FULL = 2
_MATRICES = frozenset({1, 4, 5, 6, 7, 9})
"""Codes of matrices that FFmpeg converts to RGB."""
_OTHER_MATRICES = {8: "YCgCo", 10: "BT.2020 of constant luminance", 14: "ICtCp", 15: "IPT of Dolby Vision"}
_SWSCALE = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT
"""Within 3 levels of the exact colour, of 10 bits within 1; more exact flags take 15 times as long."""


class UnknownMatrixError(ValueError):
    """The colours are coded by a matrix that cannot be converted."""


@dataclass(frozen=True, slots=True)
class ColorTags:
    """What a film says of its colours, in codes of ITU-T H.273; `range` is FFmpeg's: 1 limited, 2 full."""

    matrix: int
    range: int
    primaries: int
    transfer: int

    @staticmethod
    def of(tagged: VideoFrame | VideoCodecContext) -> ColorTags:
        return ColorTags(tagged.colorspace, tagged.color_range, tagged.color_primaries, tagged.color_trc)

    def completed(self, container: ColorTags, frame: VideoFrame) -> ColorTags:
        """The tags with those of the container for what the frame does not say, then the usual ones.

        Without tags the matrix is BT.601 up to 576 rows and BT.709 above; primaries are those of sRGB, with a
        matrix of BT.2020 or an HDR transfer function those of BT.2020; the transfer function is that of sRGB.
        """
        matrix = _first(self.matrix, container.matrix)
        transfer = _first(self.transfer, container.transfer)
        primaries = _first(self.primaries, container.primaries)
        is_wide = matrix == _BT2020 or transfer in _HDR
        if matrix is None:
            small = min(frame.width, frame.height) <= 576
            matrix = _BT2020 if is_wide else _BT601 if small else _BT709
        if primaries is None:
            primaries = _BT2020 if is_wide else _BT709
        is_full = frame.format.name.startswith("yuvj") or (self.range or container.range) == _FULL
        return ColorTags(matrix, _FULL if is_full else 1, primaries, transfer or _BT709)


def to_srgb(frame: VideoFrame, container: ColorTags) -> tuple[np.ndarray, tuple[str, ...]]:
    """sRGB as uint8 [H, W, 3], and what was changed in words. BT.709 is shown as it is, as players do.

    HLG and PQ are tone-mapped (`tone_map`). `container` has the tags that the container states.

    Raises:
        UnknownMatrixError: the matrix is none that can be converted.
    """
    tags = ColorTags.of(frame).completed(container, frame)
    if tags.matrix not in _MATRICES and not frame.format.is_rgb:
        name = _OTHER_MATRICES.get(tags.matrix, f"matrix {tags.matrix} of ITU-T H.273")
        raise UnknownMatrixError(name)
    space = _space(tags.primaries, tags.transfer)
    pixels = _rgb(frame, tags, deep=bool(space) and _depth(frame) > 8)
    changes = ["transparency ignored"] if _has_alpha(frame) else []
    if space:
        pixels = space.to_srgb(pixels, _white(pixels))
        changes.append(f"{space.name} to sRGB")
    return pixels, tuple(changes)


def _rgb(frame: VideoFrame, tags: ColorTags, *, deep: bool) -> np.ndarray:
    """RGB [H, W, 3] in the film's own colour space: uint16 if `deep`, else uint8."""
    if not frame.format.is_rgb:
        frame.colorspace, frame.color_range = tags.matrix, tags.range
    form = "rgb48le" if deep else "rgb24"
    pixels = np.asarray(frame.reformat(format=form, interpolation=_SWSCALE).to_ndarray())
    if frame.format.name.startswith("gray") and tags.range != _FULL:  # swscale takes gray for full range
        white = _white(pixels)
        levels = (np.arange(white + 1) / white - 16 / 255) * 255 / 219
        pixels = (levels.clip(0, 1) * white).round().astype(pixels.dtype)[pixels]
    return pixels


@lru_cache
def _space(primaries: int, transfer: int) -> RgbSpace | None:
    """The colour space of a film; None where its values can be shown as sRGB."""
    space = coded_space(primaries, transfer)
    return None if space.is_srgb() else space


def _first(*codes: int) -> int | None:
    return next((code for code in codes if code not in _UNSPECIFIED), None)


def _white(pixels: np.ndarray) -> int:
    return 255 if pixels.dtype == np.uint8 else 65_535


def _depth(frame: VideoFrame) -> int:
    return max(component.bits for component in frame.format.components)


def _has_alpha(frame: VideoFrame) -> bool:
    return any(component.is_alpha for component in frame.format.components)
