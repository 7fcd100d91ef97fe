"""View-dependent colours become a palette near the end of training."""

import numpy as np
import pytest

from components.shared.ply.read_ply import read_ply
from components.shared.run_layout import SPLAT_PLY
from components.train.hyperparameters import CPU, CUDA
from components.train.loop import share_colors as module
from components.train.loop.schedule import Schedule
from components.train.settings import TrainSettings
from components.train.train import train


def distinct_colors(folder) -> int:
    shN = read_ply(folder / SPLAT_PLY).shN
    return len(np.unique(shN.reshape(len(shN), -1), axis=0))


def test_the_last_steps_share_colors_on_a_gpu_alone():
    on_cuda, on_cpu = (Schedule(1_000, 3, each) for each in (CUDA, CPU))
    assert not on_cuda.shares_colors(699)
    assert on_cuda.shares_colors(999)
    assert not on_cpu.shares_colors(999)


def test_no_gaussian_is_added_once_colors_are_shared():
    schedule = Schedule(1_000, 3, CUDA.model_copy(update={"shared_colors_from": 0.7}))
    assert not any(schedule.refines(step) for step in range(1_001) if schedule.shares_colors(step - 1))


@pytest.mark.slow
def test_a_trained_palette_costs_little_and_is_delivered(scene_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MIN_GAUSSIANS", 100)
    psnr_db = {}
    for shared_from in (1.0, 0.8):
        settings = TrainSettings.from_text(
            f"backend=numba,steps=400,max_gaussians=2000,sh_degree=1,shared_colors_from={shared_from}"
        )
        folder = tmp_path / str(shared_from)
        folder.mkdir()
        psnr_db[shared_from] = train(scene_folder, folder, settings, str(folder / "saved")).psnr_db
    assert distinct_colors(tmp_path / "1.0") > 1_000
    assert distinct_colors(tmp_path / "0.8") <= 200
    assert psnr_db[0.8] > psnr_db[1.0] - 0.3


def test_a_small_scene_keeps_its_colors(scene_folder, tmp_path):
    settings = TrainSettings.from_text(
        "backend=numba,steps=200,max_gaussians=2000,sh_degree=1,shared_colors_from=0.8"
    )
    train(scene_folder, tmp_path, settings, str(tmp_path / "saved"))
    assert distinct_colors(tmp_path) > 1_000
