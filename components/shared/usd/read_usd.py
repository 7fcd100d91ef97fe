"""Read the Gaussians of a USD stage."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from components.shared.errors import InputError
from components.shared.move_splats import HALF_TURN_X, rotate_splats
from components.shared.splats import SH_COEFFICIENTS, Splats, logits_of_opacities
from components.shared.usd.open_usd import import_usd


def read_usd(path: Path) -> Splats:
    """The one `ParticleField3DGaussianSplat` of a stage, whose up is y. Transforms above it are not applied.

    Raises:
        InputError: OpenUSD is not installed, the file is damaged, or it has no Gaussians or several fields.
    """
    pxr = import_usd()
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder, "scene.usdz" if zipfile.is_zipfile(path) else "scene.usd")
        named.symlink_to(path.resolve())  # OpenUSD goes by the suffix
        try:
            stage = pxr.Usd.Stage.Open(str(named))
        except pxr.Tf.ErrorException as error:
            raise InputError(f"{path.name} is no USD file, or damaged", remedy="Export it again.") from error
        fields = [prim for prim in stage.Traverse() if prim.IsA(pxr.UsdVol.ParticleField3DGaussianSplat)]
        if len(fields) != 1:
            raise InputError(
                f"{path.name} has {len(fields)} fields of Gaussians; one is needed",
                remedy="Export one scene.",
            )
        splats = _splats_of(pxr.UsdVol.ParticleField3DGaussianSplat(fields[0]), path)
    return rotate_splats(splats, HALF_TURN_X)


def _splats_of(field: Any, path: Path) -> Splats:
    """The Gaussians in the axes of the file."""
    degree = int(field.GetRadianceSphericalHarmonicsDegreeAttr().Get())
    if degree not in SH_COEFFICIENTS:
        raise InputError(f"{path.name} has SH degree {degree}; 0 to 3 are read", remedy="Export degree 3.")
    means, quats = _array(field, "Positions", 3), _array(field, "Orientations", 4)
    scales, opacities = _array(field, "Scales", 3), _array(field, "Opacities", 1)[:, 0]
    sh = _array(field, "RadianceSphericalHarmonicsCoefficients", 3)
    count, coefficients = len(means), 1 + SH_COEFFICIENTS[degree]
    lengths = (len(quats), len(scales), len(opacities), len(sh))
    if lengths != (count, count, count, count * coefficients):
        raise InputError(
            f"{path.name} has {count:,} positions, but {lengths} other values", remedy="Export it again."
        )
    sh = sh.reshape(count, coefficients, 3)
    with np.errstate(divide="ignore", invalid="ignore"):  # a negative scale is none: it becomes NaN
        logs = np.log(scales)
    return Splats(
        means=means,
        quats=np.roll(quats, 1, axis=1),
        scales=logs,
        opacities=logits_of_opacities(opacities),
        sh0=sh[:, 0],
        shN=sh[:, 1:],
    )


def _array(field: Any, name: str, width: int) -> np.ndarray:
    """Values float32 [N, width] of an attribute in single precision, or else in half."""
    value = getattr(field, f"Get{name}Attr")().Get()
    if value is None or len(value) == 0:
        value = getattr(field, f"Get{name}hAttr")().Get()
    return np.array(value if value is not None else [], np.float32).reshape(-1, width)
