"""Read a SOG: version 2, and version 1 as the first tools wrote it. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from components.shared.errors import InputError
from components.shared.sog.archive import META, open_files
from components.shared.sog.damaged import damaged
from components.shared.sog.meta import read_meta
from components.shared.sog.read_sog_v1 import read_sog_v1
from components.shared.sog.read_sog_v2 import read_sog_v2
from components.shared.splats import Splats


def read_sog(path: Path) -> Splats:
    """Read a .sog, or an unbundled SOG by its folder or its meta.json.

    Raises:
        InputError: it is missing, damaged, or of a version that is not known.
    """
    try:
        with open_files(path) as files:
            meta = read_meta(files)
            if "version" not in meta:
                return read_sog_v1(files, meta)
            if meta.integer("version", 1, 2**31) == 2:
                return read_sog_v2(files, meta)
            version = meta.integer("version", 1, 2**31)
            raise damaged(f"{META} says version {version}; versions 1 and 2 are known")
    except InputError as error:
        raise InputError(f"{path.name}: {error.message}", remedy=error.remedy) from error
