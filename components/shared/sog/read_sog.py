"""Read a SOG of version 2, or of version 1, the format of the first tools. Does not import torch."""

from __future__ import annotations

from pathlib import Path

from components.shared.errors import InputError
from components.shared.sog.archive import META, invalid_sog_error, open_files
from components.shared.sog.meta import read_meta
from components.shared.sog.read_sog_v1 import read_sog_v1
from components.shared.sog.read_sog_v2 import read_sog_v2
from components.shared.splats import Splats


def read_sog(path: Path) -> Splats:
    """Gaussians of a .sog, or of an unbundled SOG by its folder or its meta.json.

    Raises:
        InputError: it is missing or damaged, or its version is not known.
    """
    try:
        with open_files(path) as files:
            meta = read_meta(files)
            if "version" not in meta:
                return read_sog_v1(files, meta)
            version = meta.integer("version", 1, 2**31)
            if version != 2:
                raise invalid_sog_error(f"{META} says version {version}; versions 1 and 2 can be read")
            return read_sog_v2(files, meta)
    except InputError as error:
        raise InputError(f"{path.name}: {error.message}", remedy=error.remedy) from error
