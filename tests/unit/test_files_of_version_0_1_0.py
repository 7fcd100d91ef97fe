"""Version 0.1.0 wrote these files, which are read here; see tests/data/version_0_1_0/README.md."""

import lzma
import shutil
from pathlib import Path

import numpy as np
import pytest

from components.shared.archive import unpack
from components.shared.files import read_json
from components.shared.ply.read_ply import read_ply
from components.shared.run_layout import CHECKPOINTS, SPLAT_PLY
from components.shared.scene import read_scene
from components.shared.sog.read_sog import read_sog
from components.train.recovery.checkpoint import sha256
from components.train.settings import TrainSettings
from components.train.train import train

WRITTEN = Path(__file__).parents[1] / "data" / "version_0_1_0"
CHECKPOINT = WRITTEN / "step-00000079-e8391b04c7ca628d.pt"
CHECKPOINT_KEY = "6aa01c05d696fa28"
"""Of the scene and the settings below, as version 0.1.0 computed it."""
SETTINGS = {
    "steps": 120,
    "max_gaussians": 1000,
    "image_max_side_px": 128,
    "sh_degree": 0,
    "test_every": 4,
    "checkpoint_every_steps": 50,
    "backend": "numba",
}


@pytest.fixture
def scene_archive(tmp_path: Path) -> Path:
    archive = tmp_path / "scene.tar"
    archive.write_bytes(lzma.decompress((WRITTEN / "scene.tar.xz").read_bytes()))
    return archive


def test_scene_is_read(scene_archive, tmp_path):
    unpack(scene_archive, tmp_path / "scene")
    scene = read_scene(tmp_path / "scene")
    assert [view.name for view in scene.views] == [f"IMG_{number:04d}.jpg" for number in range(1, 9)]
    assert len(scene.points) == 293


def test_sog_is_read():
    splats, reference = read_sog(WRITTEN / "scene.sog"), read_ply(WRITTEN / "splat.ply")
    assert len(splats) == len(reference) == 1000
    lows, highs = reference.means.min(axis=0), reference.means.max(axis=0)
    assert np.allclose(splats.means.min(axis=0), lows, atol=1e-3)
    assert np.allclose(splats.means.max(axis=0), highs, atol=1e-3)


@pytest.mark.slow
def test_training_resumes_from_a_checkpoint(scene_archive, tmp_path):
    store = tmp_path / "store" / CHECKPOINTS / CHECKPOINT_KEY
    store.mkdir(parents=True)
    shutil.copy(CHECKPOINT, store)
    unpack(scene_archive, tmp_path / "scene")
    result = train(
        tmp_path / "scene",
        tmp_path,
        TrainSettings(**SETTINGS),
        str(tmp_path / "store"),
        scene_hash=sha256(scene_archive),
    )
    expected = read_json(WRITTEN / "training.json")
    assert result.resumed_from_step == 79
    assert result.psnr_db == pytest.approx(expected["psnr_db"], abs=0.02)
    uninterrupted = read_ply(WRITTEN / "splat.ply")
    assert np.allclose(read_ply(tmp_path / SPLAT_PLY).means, uninterrupted.means, atol=1e-3)
