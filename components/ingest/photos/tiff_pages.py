"""Which page of a TIFF is the photo: cameras and scanners may write a preview before it."""

from __future__ import annotations

from PIL import Image

from components.ingest.photos.deep_pixels import UnsupportedPixelsError

_SUBFILE_TYPE, _SUB_FILES = 254, 330
_IS_REDUCED = 1
_MAX_PAGES = 32


def seek_full_size(image: Image.Image) -> None:
    """Of an opened TIFF whose first page calls itself a reduced copy, turn to the largest one that does not.

    Raises:
        UnsupportedPixelsError: the full picture is in a sub-file of the first page, as in raw files.
    """
    if not _is_reduced(image):
        return
    has_sub_files = _SUB_FILES in image.tag_v2  # type: ignore[attr-defined]
    sizes: dict[int, int] = {}
    for page in range(1, _MAX_PAGES):
        try:
            image.seek(page)
        except EOFError:
            break
        if not _is_reduced(image):
            sizes[page] = image.width * image.height
    if not sizes and has_sub_files:
        raise UnsupportedPixelsError("a raw file or a TIFF that shows only a preview to most programs")
    image.seek(max(sizes, key=sizes.__getitem__, default=0))


def _is_reduced(image: Image.Image) -> bool:
    kind = image.tag_v2.get(_SUBFILE_TYPE, 0)  # type: ignore[attr-defined]
    return isinstance(kind, int) and bool(kind & _IS_REDUCED)
