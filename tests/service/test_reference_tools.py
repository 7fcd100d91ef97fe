"""SPZ's own library, and the validator of Khronos, on files that we write and read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from components.shared.gltf.write_glb import write_glb
from components.shared.move_splats import rotation_matrix, unit_quats
from components.shared.splats import Splats
from components.shared.spz.read_spz import read_spz
from components.shared.spz.write_spz import write_spz
from tests.service.npm import install
from tests.unit.shared.sog.sog_scenes import random_splats

_TO_JSON = """
import createSpz from '@adobe/spz';
import { readFileSync, writeFileSync } from 'node:fs';
const spz = await createSpz();
const cloud = spz.loadSpzFromBuffer(readFileSync(process.argv[2]), { to: spz.CoordinateSystem.RDF });
const names = ['positions', 'rotations', 'scales', 'alphas', 'colors', 'sh'];
const arrays = Object.fromEntries(names.map((name) => [name, Array.from(cloud[name])]));
writeFileSync(process.argv[3], JSON.stringify({ ...arrays, antialiased: cloud.antialiased }));
"""
_FROM_JSON = """
import createSpz from '@adobe/spz';
import { readFileSync, writeFileSync } from 'node:fs';
const spz = await createSpz();
const cloud = JSON.parse(readFileSync(process.argv[2]));
for (const name of ['positions', 'rotations', 'scales', 'alphas', 'colors', 'sh'])
  cloud[name] = new Float32Array(cloud[name]);
const version = Number(process.argv[4]);
const options = { version, from: spz.CoordinateSystem.RDF, sh1Bits: 8, shRestBits: 8 };
writeFileSync(process.argv[3], spz.saveSpzToBuffer(cloud, options));
"""
_VALIDATE = """
import validator from 'gltf-validator';
import { readFileSync } from 'node:fs';
const report = await validator.validateBytes(new Uint8Array(readFileSync(process.argv[2])));
console.log(JSON.stringify(report.issues));
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):
    """Runs a module of JavaScript with the packages."""
    folder = tmp_path_factory.mktemp("tools")
    install(folder, "@adobe/spz@0.2.3", "gltf-validator@2.0.0-dev.3.10")

    def run_module(source: str, *arguments: object) -> str:
        (folder / "run.mjs").write_text(source)
        command = ["node", folder / "run.mjs", *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout

    return run_module


def cloud(splats: Splats) -> dict[str, object]:
    """The Gaussians as SPZ's library has them in memory: quaternions xyzw, colors as the fastest axis."""
    return {
        "numPoints": len(splats),
        "shDegree": splats.sh_degree,
        "antialiased": splats.antialiased,
        "extensions": [],
        "positions": splats.means.ravel().tolist(),
        "rotations": unit_quats(splats.quats)[:, [1, 2, 3, 0]].ravel().tolist(),
        "scales": splats.scales.ravel().tolist(),
        "alphas": splats.opacities.tolist(),
        "colors": splats.sh0.ravel().tolist(),
        "sh": splats.shN.ravel().tolist(),
    }


def shapes(quats: np.ndarray) -> np.ndarray:
    """Covariances [N, 3, 3] of Gaussians of scales 1, 2 and 3, turned by quaternions xyzw [N, 4].

    The library and we choose other ones of the quaternions that describe one ellipsoid.
    """
    rotations = np.stack([rotation_matrix(quat) for quat in quats[:, [3, 0, 1, 2]]])
    return rotations @ np.diag([1.0, 4.0, 9.0]) @ rotations.transpose(0, 2, 1)


def assert_library_finds(run, path: Path, ours: Splats) -> None:
    """The library decodes the file to the Gaussians that our reader finds, in the axes of a ply."""
    run(_TO_JSON, path, path.with_suffix(".json"))
    theirs, expected = json.loads(path.with_suffix(".json").read_text()), cloud(ours)
    for name in ("positions", "scales", "colors", "sh"):
        np.testing.assert_allclose(theirs[name], expected[name], atol=1e-5, err_msg=name)
    np.testing.assert_allclose(theirs["alphas"], expected["alphas"], rtol=1e-3)
    lengths = np.linalg.norm(np.reshape(theirs["rotations"], (-1, 4)), axis=1, keepdims=True)
    theirs_quats, our_quats = (np.reshape(each["rotations"], (-1, 4)) for each in (theirs, expected))
    np.testing.assert_allclose(shapes(theirs_quats / lengths), shapes(our_quats), atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("coefficients", [0, 3, 8, 15])
def test_the_library_of_spz_finds_our_values(run, tmp_path, coefficients):
    write_spz(random_splats(300, coefficients), tmp_path / "a.spz")
    assert_library_finds(run, tmp_path / "a.spz", read_spz(tmp_path / "a.spz"))


@pytest.mark.slow
@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("coefficients", [0, 15])
def test_we_find_the_values_of_the_library_of_spz(run, tmp_path, version, coefficients):
    splats = random_splats(300, coefficients)
    (tmp_path / "in.json").write_text(json.dumps(cloud(splats)))
    run(_FROM_JSON, tmp_path / "in.json", tmp_path / "a.spz", version)
    ours = read_spz(tmp_path / "a.spz")
    np.testing.assert_allclose(ours.means, splats.means, atol=0.5 / 4096 + 1e-5)
    np.testing.assert_allclose(ours.shN, splats.shN, atol=1 / 128)
    assert_library_finds(run, tmp_path / "a.spz", ours)


@pytest.mark.slow
@pytest.mark.parametrize("coefficients", [0, 15])
def test_khronos_validator_finds_nothing_in_our_glb(run, tmp_path, coefficients):
    write_glb(random_splats(100, coefficients), tmp_path / "a.glb")
    assert problems(run, tmp_path / "a.glb") == []
    data = (tmp_path / "a.glb").read_bytes()
    at = data.index(b'"min":[') + len(b'"min":[')
    (tmp_path / "b.glb").write_bytes(data[:at] + b"99" + data[at + 2 :])
    assert "ACCESSOR_MIN_MISMATCH" in problems(run, tmp_path / "b.glb")


def problems(run, path: Path) -> list[str]:
    """Codes of errors and warnings but for attributes of the extension, which the validator does not know."""
    messages = json.loads(run(_VALIDATE, path))["messages"]
    return [
        each["code"]
        for each in messages
        if each["severity"] < 2 and "KHR_gaussian_splatting" not in each["pointer"] + each["message"]
    ]
