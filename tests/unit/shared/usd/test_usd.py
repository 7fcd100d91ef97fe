"""USD files, read by OpenUSD itself."""

from __future__ import annotations

import sys
import zipfile

import numpy as np
import pytest

from components.shared.errors import InputError
from components.shared.move_splats import HALF_TURN_X, rotation_matrix
from components.shared.splats import SH_COEFFICIENTS, opacities_of_logits
from components.shared.usd.read_usd import read_usd
from components.shared.usd.write_usd import write_usd
from tests.unit.shared.sog.sog_scenes import random_splats

pxr = pytest.importorskip("pxr", reason="OpenUSD is not installed: pip install usd-core")
from pxr import Usd, UsdGeom, UsdValidation, UsdVol  # noqa: E402

SUFFIXES = [".usdz", ".usdc", ".usda", ".usd"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_openusd_finds_our_values(tmp_path, suffix):
    splats, path = random_splats(40, 15), tmp_path / f"scene{suffix}"
    write_usd(splats, path)
    stage = Usd.Stage.Open(str(path))
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    prim = stage.GetDefaultPrim().GetChildren()[0]
    assert prim.GetTypeName() == "ParticleField3DGaussianSplat"
    field = UsdVol.ParticleField3DGaussianSplat(prim)
    turn = rotation_matrix(HALF_TURN_X)
    np.testing.assert_allclose(field.GetPositionsAttr().Get(), splats.means @ turn.T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(field.GetScalesAttr().Get(), np.exp(splats.scales), rtol=1e-5)
    opacities = opacities_of_logits(splats.opacities)
    np.testing.assert_allclose(field.GetOpacitiesAttr().Get(), opacities, rtol=1e-5)
    assert field.GetRadianceSphericalHarmonicsDegreeAttr().Get() == 3
    coefficients = np.array(field.GetRadianceSphericalHarmonicsCoefficientsAttr().Get())
    np.testing.assert_allclose(coefficients.reshape(40, 16, 3)[:, 0], splats.sh0, rtol=1e-6)
    low, high = np.array(field.GetExtentAttr().Get())
    assert (low < (splats.means @ turn.T).min(axis=0)).all()
    assert (high > (splats.means @ turn.T).max(axis=0)).all()


def test_orientations_turn_as_ours_do(tmp_path):
    splats = random_splats(20, 0)
    write_usd(splats, tmp_path / "scene.usdc")
    stage = Usd.Stage.Open(str(tmp_path / "scene.usdc"))
    field = UsdVol.ParticleField3DGaussianSplat(stage.GetDefaultPrim().GetChildren()[0])
    x = pxr.Gf.Vec3d(1, 0, 0)
    for quat, theirs in zip(splats.quats, field.GetOrientationsAttr().Get(), strict=True):
        unit = quat.astype(np.float64) / np.linalg.norm(quat)
        ours = rotation_matrix(HALF_TURN_X) @ rotation_matrix(unit)[:, 0]
        np.testing.assert_allclose(pxr.Gf.Rotation(theirs).TransformDir(x), ours, atol=1e-5)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_written_scene_is_read(tmp_path, degree, suffix):
    splats = random_splats(30, SH_COEFFICIENTS[degree])
    write_usd(splats, tmp_path / f"scene{suffix}")
    again = read_usd(tmp_path / f"scene{suffix}")
    for name in ("means", "scales", "opacities", "sh0", "shN"):
        np.testing.assert_allclose(getattr(again, name), getattr(splats, name), rtol=1e-4, atol=1e-5)
    unit = splats.quats / np.linalg.norm(splats.quats, axis=1, keepdims=True)
    assert np.abs(np.sum(again.quats * unit, axis=1)).min() > 1 - 1e-6


def test_a_package_is_one_stored_file(tmp_path):
    write_usd(random_splats(5, 0), tmp_path / "scene.usdz")
    with zipfile.ZipFile(tmp_path / "scene.usdz") as package:
        (entry,) = package.infolist()
    assert entry.filename == "scene.usdc"
    assert entry.compress_type == zipfile.ZIP_STORED
    assert [path.name for path in tmp_path.iterdir()] == ["scene.usdz"]


def test_openusd_finds_no_fault(tmp_path):
    write_usd(random_splats(5, 3), tmp_path / "scene.usdz")
    context = UsdValidation.ValidationContext(UsdValidation.ValidationRegistry().GetOrLoadAllValidators())
    faults = context.Validate(Usd.Stage.Open(str(tmp_path / "scene.usdz")))
    assert [fault.GetMessage() for fault in faults] == []


def test_damaged_and_foreign_files_are_refused(tmp_path):
    write_usd(random_splats(50, 3), tmp_path / "scene.usdc")
    data = (tmp_path / "scene.usdc").read_bytes()
    (tmp_path / "half.usdc").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty.usda").write_text("#usda 1.0\n")
    with pytest.raises(InputError, match=r"half\.usdc is no USD file"):
        read_usd(tmp_path / "half.usdc")
    with pytest.raises(InputError, match=r"empty\.usda has 0 fields"):
        read_usd(tmp_path / "empty.usda")


def test_without_openusd_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(InputError, match="OpenUSD is not installed") as caught:
        write_usd(random_splats(5, 0), tmp_path / "scene.usdz")
    assert "pip install" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []
