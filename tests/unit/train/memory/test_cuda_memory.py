"""A GPU that is nearly full already, or fills while training runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from components.shared.contracts.training import TrainingInfo
from components.train.settings import TrainSettings
from components.train.train import train

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
MIB = 2**20
LEFT = 120 * MIB


@pytest.fixture(autouse=True)
def warmed_up(scene_folder, tmp_path) -> None:
    """Kernels are loaded and compiled, which takes memory that torch does not count."""
    run(scene_folder, tmp_path / "warm", steps=100, max_gaussians=2_500)
    torch.cuda.empty_cache()


def run(scene: Path, folder: Path, **settings: Any) -> TrainingInfo:
    folder.mkdir()
    chosen = TrainSettings(backend="gsplat", **{"steps": 400, **settings})
    return train(scene, folder, chosen, str(folder / "saved"))


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


def test_what_fits_beside_others_is_trained_without_running_out(scene_folder, tmp_path):
    with ballast():
        info = run(scene_folder, tmp_path / "run")
    budget = info.budget
    assert budget.wanted == 500_000
    assert 20_000 < budget.granted < 80_000
    assert budget.forecast_bytes < budget.free_bytes <= LEFT + 16 * MIB
    assert info.budget_reductions == []
    assert info.steps == 400


def test_memory_that_fills_means_fewer_gaussians_and_says_so(scene_folder, tmp_path):
    with limit():
        info = run(scene_folder, tmp_path / "run", max_gaussians=200_000, checkpoint_every_steps=50)
    first, *_ = info.budget_reductions
    assert first.before == 200_000
    assert first.after <= 180_000
    assert 0 < first.step < 400
    assert info.steps == 400
    assert info.gaussians <= first.after
    assert info.psnr_db > 15.0
