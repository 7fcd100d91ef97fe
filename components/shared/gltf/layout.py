"""Names and numbers of glTF 2.0 and of KHR_gaussian_splatting, for reader and writer."""

from __future__ import annotations

from components.shared.errors import InputError

MAGIC, VERSION = b"glTF", 2
HEADER, CHUNK = "<4sII", "<I4s"
"""Magic, version, size of the file; size and type of a chunk."""
JSON_CHUNK, BIN_CHUNK = b"JSON", b"BIN\0"
POINTS = 0
"""Mode of the primitives that hold Gaussians."""

EXTENSION = "KHR_gaussian_splatting"
POSITION, COLOR = "POSITION", "COLOR_0"
ROTATION, SCALE, OPACITY = (f"{EXTENSION}:{name}" for name in ("ROTATION", "SCALE", "OPACITY"))

COMPONENT_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
"""NumPy's names of the types of components."""
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
"""Components of an element."""


def sh_names(degree: int) -> list[str]:
    """Attributes of the coefficients of one degree, in the order of shN."""
    return [f"{EXTENSION}:SH_DEGREE_{degree}_COEF_{i}" for i in range(2 * degree + 1)]


def invalid_glb_error(problem: str) -> InputError:
    """The error for a file that is damaged; `problem` names the value and what it should be."""
    return InputError(problem, remedy="The glTF file is damaged: download it or export it again.")
