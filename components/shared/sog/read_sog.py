"""Read a SOG of version 2, of version 1, the format of the first tools, or a streamed one. Without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from components.shared.errors import InputError
from components.shared.file_kinds import ZIP, foreign_file_error, kind_of_file
from components.shared.sog.archive import META
from components.shared.sog.meta import Meta, read_index
from components.shared.sog.open_files import LOD_META, SogFiles, open_files
from components.shared.sog.read_lod import read_lod
from components.shared.sog.read_sog_v1 import read_sog_v1
from components.shared.sog.read_sog_v2 import read_sog_v2
from components.shared.splats import Splats

_MAX_META_BYTES = 1 << 20
_MAX_LOD_META_BYTES = 64 << 20
"""Of a streamed scene, whose index has each region of the scene."""


def read_sog(path: Path) -> Splats:
    """Gaussians of a .sog, or of an unbundled SOG by its folder or its meta.json.

    Raises:
        InputError: it is missing or damaged, or its version is not known.
    """
    if path.is_file() and path.suffix.lower() != ".json" and kind_of_file(path) != ZIP:
        raise foreign_file_error(path)
    try:
        # Limits beyond float32 give infinite values, which are no error of the reader.
        with open_files(path) as files, np.errstate(over="ignore", invalid="ignore"):
            index = read_index(files, _MAX_LOD_META_BYTES if files.index == LOD_META else _MAX_META_BYTES)
            if "tree" in index and "filenames" in index:
                return read_lod(
                    files, index, lambda unit: _read_unit(unit, read_index(unit, _MAX_META_BYTES))
                )
            return _read_unit(files, index)
    except InputError as error:
        raise InputError(f"{path.name}: {error.message}", remedy=error.remedy) from error


def _read_unit(files: SogFiles, index: dict[str, Any]) -> Splats:
    """The Gaussians of one `meta.json`."""
    if "means" not in index:
        raise InputError(
            f"{files.index} is no {META} of a SOG scene: it has no section means",
            remedy="Give the .ply or the .sog of the scene, or the folder of an unbundled SOG.",
        )
    meta = Meta(index)
    if "version" not in meta:
        return read_sog_v1(files, meta)
    version = meta.integer("version", 1, 2**31)
    if version != 2:
        raise InputError(
            f"{META} says version {version}; versions 1 and 2 can be read",
            remedy="Update kubesplat, or export the scene as SOG version 2 or as a .ply.",
        )
    return read_sog_v2(files, meta)
