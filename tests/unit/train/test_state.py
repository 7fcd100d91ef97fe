"""The state of a training in checkpoints and on several ranks."""

import torch

from components.shared.contracts.training import BudgetReduction, HistoryEntry
from components.train.corrections.corrections import Corrections
from components.train.corrections.exposure import Exposure
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.model.process_group import ProcessGroup
from components.train.state import TrainingState
from tests.unit.shared.rasterize import rasterize_scenes as scenes

CPU = torch.device("cpu")
KEYS_OF_0_1_0 = {
    "gaussians",
    "evidence",
    "running_loss",
    "running_error",
    "budget_reductions",
    "history",
    "corrections",
    "start_count",
    "budget",
    "caution",
    "step",
    "seconds",
}


def state_of(count: int) -> TrainingState:
    gaussians = Gaussians(scenes.random_gaussians(count))
    gaussians.step_counts += torch.arange(count, dtype=torch.int32)
    stats = DensificationStats(grad2d=torch.arange(float(count)), error=torch.ones(count))
    return TrainingState(
        gaussians,
        stats,
        start_count=count,
        budget=100,
        lr_scale=0.3,
        history=[HistoryEntry(step=7, loss=0.1, gaussians=count, psnr_db=None, seconds=1.0)],
        corrections=Corrections(exposure=Exposure.starting_at(torch.zeros(2, 3))),
        budget_reductions=[BudgetReduction(step=3, before=200, after=100)],
    )


def test_checkpoints_have_the_keys_of_version_0_1_0():
    saved = state_of(5).state_dict()
    assert saved.keys() == KEYS_OF_0_1_0
    assert saved["gaussians"].keys() == {"tensors", "optimizer", "ages"}
    assert saved["corrections"]["exposure"].keys() == {"values", "moments", "ages"}
    assert saved["budget_reductions"] == [{"step": 3, "from": 200, "to": 100}]


def test_what_is_saved_is_loaded():
    state = state_of(5)
    loaded = TrainingState.from_state_dict(state.state_dict(), CPU)
    assert (loaded.lr_scale, loaded.budget, loaded.start_count) == (0.3, 100, 5)
    assert loaded.gaussians.step_counts.tolist() == [0, 1, 2, 3, 4]
    assert loaded.stats.grad2d.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert loaded.history == state.history
    assert loaded.budget_reductions == state.budget_reductions
    assert loaded.corrections.exposure.values.shape == (2, 6)


def test_a_rank_keeps_every_nth_row():
    state = state_of(5)
    state.keep_own_rows(ProcessGroup(CPU, rank=1, size=2))
    assert state.gaussians.step_counts.tolist() == [1, 3]
    assert state.stats.grad2d.tolist() == [1.0, 3.0]


def test_a_lower_budget_keeps_the_most_opaque():
    state = state_of(20)
    expected = state.gaussians.opacities.sort(descending=True).values[:6]
    state.limit_budget(6)
    assert torch.equal(state.gaussians.opacities, expected)
    assert (state.budget, state.start_count, len(state.stats.error)) == (6, 6, 6)
