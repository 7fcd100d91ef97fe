"""A GPU that is nearly full already, or fills while training runs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from components.train.settings import TrainSettings
from components.train.train import train

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
MIB = 2**20
LEFT = 120 * MIB


@pytest.fixture(autouse=True)
def warmed_up(scene_archive, tmp_path) -> None:
    """Kernels are loaded and compiled, which takes memory that torch does not count."""
    run(scene_archive, tmp_path / "warm", steps=100, max_gaussians=2_500)
    torch.cuda.empty_cache()


def run(scene: Path, folder: Path, **settings: Any) -> dict[str, Any]:
    """The content of `training.json`."""
    folder.mkdir()
    record = folder / "training.json"
    train(
        scene,
        folder / "a.ply",
        record,
        TrainSettings(backend="gsplat", **{"steps": 400, **settings}),
        str(folder / "saved"),
    )
    content: dict[str, Any] = json.loads(record.read_text())
    return content


@contextmanager
def ballast() -> Iterator[None]:
    """All but a little is taken."""
    taken = torch.empty(torch.cuda.mem_get_info()[0] - LEFT, dtype=torch.uint8, device="cuda")
    yield
    del taken
    torch.cuda.empty_cache()


@contextmanager
def limit() -> Iterator[None]:
    """All but a little is refused, though it is free."""
    total = torch.cuda.mem_get_info()[1]
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + LEFT) / total)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)


def test_what_fits_beside_others_is_trained_without_running_out(scene_archive, tmp_path):
    with ballast():
        record = run(scene_archive, tmp_path / "run")
    budget = record["budget"]
    assert budget["wanted"] == 500_000
    assert 20_000 < budget["granted"] < 80_000
    assert budget["forecast_bytes"] < budget["free_bytes"] <= LEFT + 16 * MIB
    assert record["budget_reductions"] == []
    assert record["steps"] == 400


def test_memory_that_fills_means_fewer_gaussians_and_says_so(scene_archive, tmp_path):
    with limit():
        record = run(scene_archive, tmp_path / "run", max_gaussians=200_000, checkpoint_every_steps=50)
    first, *_ = record["budget_reductions"]
    assert first["from"] == 200_000
    assert first["to"] <= 180_000
    assert 0 < first["step"] < 400
    assert record["steps"] == 400
    assert record["gaussians"] <= first["to"]
    assert record["psnr_db"] > 15.0
