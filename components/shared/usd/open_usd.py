"""OpenUSD's Python package, which is an optional dependency."""

from __future__ import annotations

from typing import Any

from components.shared.errors import InputError

REMEDY = "Run `pip install 'usd-core>=26.11'`, or use another format."


def import_usd() -> Any:
    """The module `pxr` with its parts `Gf`, `Sdf`, `Usd`, `UsdGeom`, `UsdUtils`, `UsdVol` and `Vt`.

    Raises:
        InputError: OpenUSD is not installed, or it is older than its schema of Gaussians (26.03).
    """
    try:
        import pxr
        from pxr import Gf, Sdf, Usd, UsdGeom, UsdUtils, UsdVol, Vt  # noqa: F401
    except ImportError as error:
        raise InputError("OpenUSD is not installed", remedy=REMEDY) from error
    if not hasattr(UsdVol, "ParticleField3DGaussianSplat"):
        version = ".".join(map(str, Usd.GetVersion()))
        raise InputError(f"OpenUSD {version} has no schema of Gaussians; 26.03 has", remedy=REMEDY)
    return pxr
