"""What an SPZ holds, of all versions: the header, and one array of bytes for each attribute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.shared.errors import InputError

MAGIC = b"NGSP"
FIRST_ZSTD_VERSION = 4
"""Earlier versions are one gzip stream with a header of 16 bytes."""
LEGACY_HEADER, HEADER = "<4sIIBBBB", "<4sIIBBBBI12x"
"""Magic, version, count, SH degree, fractional bits, flags, number of streams, offset of their table."""
STREAM_ENTRY = "<QQ"
"""Compressed and real size of a stream."""
ANTIALIASED, HAS_EXTENSIONS = 1, 2
"""Flags."""
MAX_COUNT_BESIDE_BYTES = 100_000
"""A file of B bytes holds at most this many Gaussians and B more, which real ones stay far below."""

_COEFFICIENTS = (0, 3, 8, 15, 24)
"""By SH degree; 4 exists here."""


@dataclass(frozen=True, slots=True)
class SpzHeader:
    """fractional_bits: of the positions, which are integers; axes: the code of their directions, or None."""

    version: int
    count: int
    sh_degree: int
    fractional_bits: int
    antialiased: bool = False
    axes: int | None = None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Bytes of each attribute, in the order of the file."""
        return {
            "positions": (self.count, 3, 2 if self.version == 1 else 3),
            "alphas": (self.count,),
            "colors": (self.count, 3),
            "scales": (self.count, 3),
            "rotations": (self.count, 3 if self.version < 3 else 4),
            "sh": (self.count, _COEFFICIENTS[self.sh_degree], 3),
        }


@dataclass(frozen=True, slots=True)
class SpzScene:
    """attributes: arrays uint8 of `header.shapes`."""

    header: SpzHeader
    attributes: dict[str, np.ndarray]


def invalid_spz_error(problem: str) -> InputError:
    """The error for a file that is damaged; `problem` names the value and what it should be."""
    return InputError(problem, remedy="The SPZ file is damaged: download it or export it again.")


def check_header(header: SpzHeader, file_bytes: int) -> None:
    """Raise an InputError if a file of `file_bytes` cannot have this header."""
    if header.sh_degree >= len(_COEFFICIENTS):
        raise invalid_spz_error(f"it has SH of degree {header.sh_degree}; 0 to 4 are known")
    if header.fractional_bits > 30:
        raise invalid_spz_error(
            f"its positions have {header.fractional_bits} fractional bits; 30 is the most"
        )
    limit = MAX_COUNT_BESIDE_BYTES + file_bytes
    if header.count > limit:
        raise invalid_spz_error(
            f"its header announces {header.count:,} Gaussians; {file_bytes:,} bytes cannot hold them"
        )
