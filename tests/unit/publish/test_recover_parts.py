"""Figures read from the artifacts of the stages equal those that the stages record."""

from dataclasses import replace

import numpy as np
import pytest

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.publish.publish import Results
from components.publish.recover_parts import recover_parts
from components.shared.contracts.capture import RejectedImage
from components.shared.files import write_json
from components.shared.splats import Splats, write_ply
from tests.scene_info import scene_info
from tests.toy_world import training_info

DELIVERED = {"psnr_db": 28.3, "ssim": 0.9, "lpips": None, "psnr_drop_db": 0.2}
TRAINING = {
    **training_info(),
    "schema": 1,
    "backend": "numba",
    "device": "cpu",
    "steps": 700,
    "gaussians": 200,
    "psnr_db": 28.5,
    "ssim": 0.91,
    "seconds": 61.5,
    "resumed_from_step": 300,
    "held_out": ["a.jpg"],
}
SCENE = scene_info(
    ["a.jpg"],
    lost=["b.jpg"],
    rejected=[RejectedImage(name="c.jpg", verdict="truncated", reason="cut off")],
)


@pytest.fixture
def splats():
    random = np.random.default_rng(0)
    return Splats(
        means=random.normal(size=(200, 3)).astype(np.float32),
        quats=random.normal(size=(200, 4)).astype(np.float32),
        scales=random.normal(-3, 0.1, (200, 3)).astype(np.float32),
        opacities=np.ones(200, np.float32),
        sh0=random.normal(size=(200, 3)).astype(np.float32),
        shN=np.zeros((200, 0, 3), np.float32),
    )


@pytest.fixture
def made(tmp_path, splats):
    """The artifacts of a run, and what compression said of its own."""
    for name in ("scene", "splat", "presentation"):
        (tmp_path / name).mkdir()
    SCENE.write(tmp_path / "scene" / "scene.json")
    write_json(tmp_path / "splat" / "training.json", TRAINING)
    write_ply(splats, tmp_path / "splat" / "splat.ply")
    write_json(
        tmp_path / "presentation" / "evaluation.json", {"schema": 1, "delivered": DELIVERED, "views": []}
    )
    compressed = write_sog(splats, tmp_path / "sog", CompressSettings(device="cpu"))
    results = Results(
        scene=tmp_path / "scene",
        splat=tmp_path / "splat",
        sog=tmp_path / "sog",
        report=tmp_path / "report.html",
        presentation=tmp_path / "presentation",
    )
    return results, compressed.figures().to_json()


def test_all_parts_of_the_report_are_in_the_artifacts(made):
    results, compressed = made
    parts = recover_parts(results).to_json()
    assert parts["capture"] == {
        "images": 3,
        "accepted": 2,
        "rejected": [{"name": "c.jpg", "verdict": "truncated", "reason": "cut off"}],
        "changes": {},
        "notes": [],
    }
    assert parts["sfm"]["points"] == 150
    assert parts["sfm"]["georeference"] == SCENE.world.georeference.to_json()
    assert parts["sfm"]["attempts"] == SCENE.to_json()["attempts"]
    assert parts["sfm"]["unregistered"] == [
        {"name": "b.jpg", "verdict": "unmatched", "reason": "too little overlap"}
    ]
    assert (parts["train"]["gaussians"], parts["train"]["resumed_from_step"]) == (200, 300)
    assert parts["delivered"] == DELIVERED
    unknown = dict.fromkeys(["order", "seconds", "left_out", "limited"])
    assert parts["compress"] == {**compressed, **unknown}


def test_sizes_of_further_formats_are_those_of_their_files(made, tmp_path):
    for name in ("scene.spz", "lod/lod-meta.json", "lod/0_0/meta.json", "lod/0_0/sh0.webp"):
        (tmp_path / "exports" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "exports" / name).write_bytes(bytes(100))
    parts = recover_parts(replace(made[0], exports=tmp_path / "exports"))
    assert parts.compress.exports == {"spz": 100, "lod": 300}
