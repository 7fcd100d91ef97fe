from pathlib import Path

from components.shared.contracts.training import (
    TRAINING_FILE,
    BudgetReduction,
    CleanUp,
    CleanUpRule,
    TrainingInfo,
)
from tests.toy_world import training_info

WRITTEN = Path(__file__).parents[3] / "data" / "version_0_1_0" / TRAINING_FILE


def test_a_file_of_version_0_1_0_is_read_whole():
    info = TrainingInfo.read(WRITTEN)
    assert (info.gpus, info.steps, info.gaussians) == (0, 120, 1000)
    assert info.held_out == ["IMG_0001.jpg", "IMG_0005.jpg"]
    assert info.history[-1].step == 120
    assert info.corrections is not None
    assert info.corrections[0].gains == (1.0041556358337402, 1.0103257894515991, 1.0806784629821777)
    assert info.corrections[0].turned_deg is None
    assert (info.settings, info.versions) == ({}, {})


def test_figures_and_metrics():
    info = TrainingInfo.model_validate({**training_info(), "device": "H200", "resumed_from_step": 7})
    assert info.figures().to_json() == {
        "backend": "numba",
        "device": "H200",
        "steps": 15,
        "gaussians": 1500,
        "psnr_db": 35.0,
        "ssim": 0.95,
        "seconds": 1.5,
        "resumed_from_step": 7,
        "pruned": None,
        "clean_up": None,
        "gpu_usage": None,
        "ended_early": None,
    }
    assert info.metrics() == {
        "gaussians": 1500,
        "held_out_psnr_db": 35.0,
        "held_out_ssim": 0.95,
        "training_seconds": 1.5,
    }
    assert info.gpu_seconds == 1.5
    assert info.replace(device="cpu").gpu_seconds is None


def test_a_clean_up_says_what_it_removed_and_what_it_put_back():
    removed = CleanUpRule(found=1_200, removed=True, psnr_change_db=0.4)
    put_back = CleanUpRule(found=23, removed=False, psnr_change_db=-0.034)
    cleaned = CleanUp(rules={"floaters": put_back, "haze": removed}, psnr_before_db=20.0, psnr_after_db=20.4)
    assert cleaned.sentence() == (
        "removed 1,200 Gaussians of haze: held-out PSNR 20.00 to 20.40 dB; "
        "23 Gaussians of floaters kept: removing them costs 0.03 dB"
    )
    info = TrainingInfo.model_validate({**training_info(), "clean_up": cleaned.to_json()})
    assert info.clean_up == cleaned
    assert info.figures().clean_up == cleaned
    assert info.metrics()["removed_haze"] == 1_200
    assert info.metrics()["removed_floaters"] == 0


def test_a_reduction_has_short_names_in_the_file():
    reduction = BudgetReduction(step=25, before=8_000, after=4_000)
    assert reduction.to_json() == {"step": 25, "from": 8_000, "to": 4_000}
    assert BudgetReduction.model_validate(reduction.to_json()) == reduction
