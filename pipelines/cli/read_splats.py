"""Read Gaussians from a .ply or a .sog."""

from __future__ import annotations

from pathlib import Path

from components.shared.errors import InputError
from components.shared.splats import Splats, read_ply


def read_splats(path: Path) -> Splats:
    """Gaussians of a .ply, a .sog, or an unbundled SOG (its folder or its meta.json).

    Raises:
        InputError: the file is missing, of another kind, or damaged.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist", remedy="Check the path.")
    if path.suffix.lower() == ".ply":
        return read_ply(path)
    if path.suffix.lower() == ".sog" or path.is_dir() or path.name == "meta.json":
        from components.shared.sog.read_sog import read_sog

        return read_sog(path)
    raise InputError(
        f"{path.name} is neither a .ply nor a .sog",
        remedy="Give a 3D Gaussian splatting .ply, a .sog file, or the folder of an unbundled SOG.",
    )
