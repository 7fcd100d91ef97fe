"""EXIF's orientation: turn pixels as stored to how they are seen, and back."""

from __future__ import annotations

from PIL import Image

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_INVERSE = {
    Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
    Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90,
}
"""All other turns are their own inverse."""


def swaps_sides(orientation: int) -> bool:
    """Whether a photo is seen with width and height exchanged."""
    return orientation in (5, 6, 7, 8)


def upright(stored: Image.Image, orientation: int) -> Image.Image:
    """The image as EXIF says that it is seen."""
    turn = _UPRIGHT.get(orientation)
    return stored if turn is None else stored.transpose(turn)


def as_stored(seen: Image.Image, orientation: int) -> Image.Image:
    """The inverse of `upright`."""
    turn = _UPRIGHT.get(orientation)
    return seen if turn is None else seen.transpose(_INVERSE.get(turn, turn))
