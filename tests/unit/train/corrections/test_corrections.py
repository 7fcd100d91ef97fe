"""Corrections of photos are part of the state: a training that was interrupted ends as if it had not been."""

import os
import signal
from pathlib import Path

import pytest

from components.shared.contracts.training import TrainingInfo
from components.shared.errors import InputError, TrainingInterruptedError
from components.shared.progress import Progress, ignore_progress
from components.train.settings import TrainSettings
from components.train.train import train

SETTINGS = TrainSettings(
    backend="numba", steps=150, max_gaussians=2_000, sh_degree=1, exposure="on", refine_poses=True
)


def run(scene: Path, folder: Path, on_progress=ignore_progress) -> TrainingInfo:
    folder.mkdir(exist_ok=True)
    return train(scene, folder, SETTINGS, str(folder / "saved"), on_progress)


@pytest.mark.slow
def test_interrupted_and_run_again_it_ends_the_same(scene_folder, tmp_path):
    def ask_to_end(progress: Progress) -> None:
        if progress.phase.startswith("Iter ") and progress.fraction > 0.1:
            os.kill(os.getpid(), signal.SIGTERM)

    undisturbed = run(scene_folder, tmp_path / "undisturbed")
    with pytest.raises(TrainingInterruptedError):
        run(scene_folder, tmp_path / "disturbed", ask_to_end)
    resumed = run(scene_folder, tmp_path / "disturbed")
    assert resumed.resumed_from_step
    assert resumed.corrections == undisturbed.corrections
    files = [(tmp_path / name / "splat.ply").read_bytes() for name in ("undisturbed", "disturbed")]
    assert files[0] == files[1]


@pytest.mark.parametrize("setting", [{"exposure": "sometimes"}, {"exposure": "ON"}])
def test_an_unknown_exposure_is_refused(setting):
    with pytest.raises(InputError, match="it must be auto, on or off"):
        TrainSettings(**setting)
