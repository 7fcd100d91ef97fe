"""Write Gaussians as a USD stage with one prim of type `ParticleField3DGaussianSplat`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from components.shared.errors import InputError
from components.shared.files import atomic_path
from components.shared.move_splats import HALF_TURN_X, rotate_splats, unit_quats
from components.shared.splats import Splats, opacities_of_logits
from components.shared.usd.open_usd import import_usd

_PATH = "/Scene/Gaussians"
_REACH = 3.0
"""Standard deviations that the extent holds."""


def write_usd(splats: Splats, path: Path) -> None:
    """Write finite Gaussians; the suffix of `path` is the format: .usdz, .usdc, .usda or .usd. See README.md.

    Raises:
        InputError: OpenUSD is not installed, or it cannot write the file.
    """
    import_usd()
    with tempfile.TemporaryDirectory() as folder, atomic_path(path) as temporary:
        # OpenUSD chooses by suffix, which the temporary name lacks.
        suffix = path.suffix.lower()
        layer = Path(folder, "scene.usdc" if suffix == ".usdz" else f"scene{suffix}")
        _write_layer(splats, layer)
        written = _package(layer) if suffix == ".usdz" else layer
        with written.open("rb") as source, temporary.open("wb") as target:
            while block := source.read(1 << 24):
                target.write(block)


def _write_layer(splats: Splats, path: Path) -> None:
    pxr = import_usd()
    stage = pxr.Usd.Stage.CreateNew(str(path))
    pxr.UsdGeom.SetStageUpAxis(stage, pxr.UsdGeom.Tokens.y)
    pxr.UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    root = pxr.UsdGeom.Xform.Define(stage, pxr.Sdf.Path(_PATH).GetParentPath())
    stage.SetDefaultPrim(root.GetPrim())
    _fill(pxr, pxr.UsdVol.ParticleField3DGaussianSplat.Define(stage, _PATH), splats)
    stage.GetRootLayer().documentation = "kubesplat"
    stage.Save()


def _fill(pxr: Any, prim: Any, splats: Splats) -> None:
    """Set all attributes; USD has linear scales, opacities from 0 to 1, and quaternions wxyz."""
    turned = rotate_splats(splats, HALF_TURN_X)
    scales = np.exp(turned.scales)
    # Each Gaussian has its coefficients together, by rising degree: [N·(1 + K), 3].
    coefficients = np.concatenate([turned.sh0[:, None], turned.shN], axis=1).reshape(-1, 3)
    quats = unit_quats(turned.quats).astype(np.float32)
    reach = _REACH * scales.max(axis=1, keepdims=True)
    extent = np.stack([(turned.means - reach).min(axis=0), (turned.means + reach).max(axis=0)])
    vector = pxr.Vt.Vec3fArray.FromNumpy
    prim.CreatePositionsAttr(vector(turned.means))
    prim.CreateOrientationsAttr(pxr.Vt.QuatfArray.FromNumpy(np.roll(quats, -1, axis=1)))
    prim.CreateScalesAttr(vector(scales))
    prim.CreateOpacitiesAttr(
        pxr.Vt.FloatArray.FromNumpy(opacities_of_logits(turned.opacities).astype(np.float32))
    )
    prim.CreateRadianceSphericalHarmonicsDegreeAttr(splats.sh_degree)
    prim.CreateRadianceSphericalHarmonicsCoefficientsAttr(vector(np.ascontiguousarray(coefficients)))
    prim.CreateExtentAttr(vector(extent.astype(np.float32)))


def _package(layer: Path) -> Path:
    """The .usdz beside `layer`, with it alone in it."""
    pxr = import_usd()
    package = layer.with_suffix(".usdz")
    if not pxr.UsdUtils.CreateNewUsdzPackage(pxr.Sdf.AssetPath(str(layer)), str(package)):
        raise InputError(
            f"OpenUSD cannot package {layer.stat().st_size:,} bytes as .usdz", remedy="Write .usdc."
        )
    return package
