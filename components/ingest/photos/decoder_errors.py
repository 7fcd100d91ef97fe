"""What decoders raise on damaged or unknown files, as verdicts of the photo."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, UnidentifiedImageError
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from components.ingest.metadata.jpeg_segments import uncommon_coding
from components.ingest.photos.deep_pixels import UnsupportedPixelsError
from components.shared.contracts.capture import ImageVerdict
from components.shared.errors import says_nothing_of_data

DECODER_ERRORS: tuple[type[Exception], ...] = (
    *(OSError, SyntaxError, ValueError, EOFError, LookupError, ArithmeticError, RuntimeError, TypeError),
    *(AttributeError, AssertionError, MemoryError, struct.error, zlib.error),
    *(Image.DecompressionBombError, Image.DecompressionBombWarning, ImageCms.PyCMSError),
    UnsupportedPixelsError,
)
"""Pillow, its plug-ins and their C libraries raise any of these; `OSError` also comes from the storage."""
_READ_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*", b"RIFF")
_OTHER_SIGNATURES = {
    b"GIF8": "a GIF",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 file",
    b"\xff\x4f\xff\x51": "a JPEG 2000 file",
    b"\0\0\0\x0cJXL ": "a JPEG XL file",
    b"\xff\x0a": "a JPEG XL file",
    b"8BPS": "a Photoshop file",
    b"v/1\x01": "an OpenEXR file",
    b"#?RADIANCE": "a Radiance HDR file",
    b"%PDF": "a PDF",
    b"II\xbc": "a JPEG XR file",
    b"qoif": "a QOI file",
    b"II+\0": "a BigTIFF",
    b"MM\0+": "a BigTIFF",
}
_TIFF_CODINGS = {
    **dict.fromkeys((33003, 33004, 33005, 34712), "JPEG 2000"),
    **dict.fromkeys((50002, 52546), "JPEG XL"),
    34887: "LERC",
    50001: "WebP",
}
_OTHER_BRANDS = (b"isom", b"mp41", b"mp42", b"qt  ", b"M4V ", b"avc1", b"crx ")


class RejectedError(Exception):
    """Ends the check of one photo."""

    def __init__(self, verdict: ImageVerdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Turns errors of a decoder into a rejection of the photo; errors of the storage pass through."""
    try:
        yield
    except DECODER_ERRORS as error:
        if is_from_storage(error):
            raise
        raise _diagnose(error, path) from error


def is_from_storage(error: Exception) -> bool:
    """Whether the storage failed. Memory that ran out does not count: damaged headers ask for too much."""
    return isinstance(error, OSError) and says_nothing_of_data(error)


def _diagnose(error: Exception, path: Path) -> RejectedError:
    if isinstance(error, UnsupportedPixelsError):
        return _unsupported(str(error))
    if isinstance(error, MemoryError):
        reason = "its header asks for more memory than there is: damaged, or too large; export it as JPEG"
        return RejectedError(ImageVerdict.CORRUPT, reason)
    if "truncated" in str(error).lower() and not isinstance(error, SyntaxError):
        return RejectedError(
            ImageVerdict.TRUNCATED, "the file ends before the image is complete; copy it again"
        )
    unknown = _name_of(path)
    if unknown:
        return _unsupported(unknown)
    if isinstance(error, UnidentifiedImageError):
        return _unidentified(path)
    return RejectedError(ImageVerdict.CORRUPT, f"its data is damaged ({error}); copy it again")


def _unsupported(what: str) -> RejectedError:
    return RejectedError(ImageVerdict.UNSUPPORTED, f"it is {what}, which cannot be read; export it as JPEG")


def _unidentified(path: Path) -> RejectedError:
    with path.open("rb") as file:
        header = file.read(12)
    if header.startswith(_READ_SIGNATURES) or header[4:8] == b"ftyp":
        return RejectedError(
            ImageVerdict.CORRUPT, "it has the header of an image but cannot be opened: damaged or cut off"
        )
    return RejectedError(ImageVerdict.NOT_AN_IMAGE, "its content is not an image, in spite of its name")


def _name_of(path: Path) -> str:
    """The kind of a file that no decoder here reads, in words; empty for other files."""
    with path.open("rb") as file:
        header = file.read(16)
        if header[:4] in (b"II*\0", b"MM\0*"):
            return _tiff_layout(path)
        if header.startswith(b"\xff\xd8\xff"):
            file.seek(0)
            coding = uncommon_coding(file.read())
            return f"a {coding} JPEG" if coding else ""
    if header[4:8] == b"ftyp" and header[8:12] in _OTHER_BRANDS:
        return "a Canon raw file" if header[8:12] == b"crx " else "a video"
    return next((name for start, name in _OTHER_SIGNATURES.items() if header.startswith(start)), "")


def _tiff_layout(path: Path) -> str:
    """Compression, or channels and bits of a TIFF, that Pillow does not read; empty for others."""
    try:
        with path.open("rb") as file:
            tags = ImageFileDirectory_v2(file.read(8))
            file.seek(tags.next)
            tags.load(file)
        channels, bits, kind = (_values(tags.get(tag, 1)) for tag in (277, 258, 339))
        coding = _TIFF_CODINGS.get(tags.get(259, 1))
    except DECODER_ERRORS:
        return ""
    if coding:
        return f"a TIFF compressed by {coding}"
    if not all(isinstance(value, int) for value in (channels[0], *bits, *kind)):
        return ""
    names = {2: "signed ", 3: "floating-point "}
    ordinary = channels[0] in (1, 3, 4) and max(bits) <= 16 and set(kind) == {1} and len(set(bits)) == 1
    if ordinary and not (channels[0] == 1 and max(bits) == 16):
        return ""
    count = f"{channels[0]} channel{'' if channels[0] == 1 else 's'}"
    return f"a TIFF of {count} with {names.get(kind[0], '')}{max(bits)}-bit values"


def _values(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
