"""The state of a training: everything that steps change, and all that a checkpoint holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from components.shared.contracts.training import BudgetReduction, HistoryEntry
from components.shared.image_metrics import psnr_db_of
from components.train.corrections.corrections import Corrections
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.model.process_group import ProcessGroup

_MOMENTUM = 0.98
"""Of the running means, per step."""
_PLAIN_FIELDS = ("start_count", "budget", "lr_scale", "step", "seconds")
_NAMES_IN_CHECKPOINTS = {"stats": "evidence", "lr_scale": "caution", "step_counts": "ages"}
"""Keys of checkpoints that differ from names in the code: those of older checkpoints."""


@dataclass(slots=True)
class TrainingState:
    """All but photos and settings. Random numbers have no state: they follow from seed and step."""

    gaussians: Gaussians
    stats: DensificationStats
    start_count: int
    """Gaussians at step 0."""
    budget: int
    """Limit of the number of Gaussians; lowered after an out-of-memory error."""
    lr_scale: float = 1.0
    """Factor of all learning rates; lowered after a divergence."""
    step: int = 0
    seconds: float = 0.0
    """Training time so far, in all tries."""
    running_loss: Tensor = field(default_factory=lambda: torch.tensor(torch.nan))
    """Running mean of the loss of training photos."""
    running_error: Tensor = field(default_factory=lambda: torch.tensor(torch.nan))
    """Running mean of the squared error of training photos, values clamped to [0, 1]."""
    history: list[HistoryEntry] = field(default_factory=list)
    corrections: Corrections = field(default_factory=Corrections)
    budget_reductions: list[BudgetReduction] = field(default_factory=list)

    @property
    def running_psnr_db(self) -> float:
        """PSNR of the training photos, of the running mean of their squared errors."""
        return psnr_db_of(float(self.running_error))

    @property
    def held_out_psnr_db(self) -> float | None:
        """The last measurement on held-out photos."""
        return next((entry.psnr_db for entry in reversed(self.history) if entry.psnr_db is not None), None)

    @torch.no_grad()
    def track(self, loss: Tensor, squared_error: Tensor) -> None:
        """Update the running means. Does not wait for the device."""
        if self.step == 0:
            self.running_loss, self.running_error = loss.detach().clone(), squared_error.clone()
            return
        self.running_loss = torch.lerp(loss.detach(), self.running_loss, _MOMENTUM)
        self.running_error = torch.lerp(squared_error, self.running_error, _MOMENTUM)

    def limit_budget(self, budget: int) -> None:
        """Set the budget; the most opaque Gaussians are kept."""
        self.budget = budget
        self.start_count = min(self.start_count, budget)
        if len(self.gaussians) > budget:
            self._keep(self.gaussians.opacities.topk(budget).indices)

    def keep_own_rows(self, group: ProcessGroup) -> None:
        """Keep this rank's shard of the Gaussians."""
        if group.size > 1:
            self._keep(group.shard_rows(len(self.gaussians)))

    def gathered(self, group: ProcessGroup) -> TrainingState:
        """A copy with the Gaussians of all ranks, in host memory: one device may be too small for them."""
        if group.size == 1:
            return self
        stats = torch.stack([group.all_gather_rows(each).cpu() for each in self.stats.to_tensor()])
        return replace(
            self,
            gaussians=self.gaussians.mapped(lambda rows: group.all_gather_rows(rows).cpu()),
            stats=DensificationStats.from_tensor(stats),
        )

    def state_dict(self) -> dict[str, Any]:
        state = {
            "gaussians": self.gaussians.state_dict(),
            "stats": self.stats.to_tensor(),
            "running_loss": self.running_loss,
            "running_error": self.running_error,
            "budget_reductions": [each.to_json() for each in self.budget_reductions],
            "history": [entry.to_json() for entry in self.history],
            "corrections": self.corrections.state_dict(),
            **{name: getattr(self, name) for name in _PLAIN_FIELDS},
        }
        return _renamed(state, _NAMES_IN_CHECKPOINTS)

    @classmethod
    def from_state_dict(cls, saved: dict[str, Any], device: torch.device) -> TrainingState:
        state = _renamed(saved, {key: name for name, key in _NAMES_IN_CHECKPOINTS.items()})
        return cls(
            gaussians=Gaussians.from_state_dict(state["gaussians"], device),
            stats=DensificationStats.from_tensor(state["stats"]),
            running_loss=state["running_loss"],
            running_error=state["running_error"],
            budget_reductions=[BudgetReduction(**each) for each in state["budget_reductions"]],
            history=[HistoryEntry(**entry) for entry in state["history"]],
            corrections=Corrections.from_state_dict(state["corrections"], device),
            **{name: state[name] for name in _PLAIN_FIELDS},
        )

    def _keep(self, rows: Tensor) -> None:
        self.gaussians.keep(rows)
        self.stats = self.stats.keep(rows)


def _renamed(state: Any, names: Mapping[str, str]) -> Any:
    """Nested dicts with other keys."""
    if not isinstance(state, dict):
        return state
    return {names.get(key, key): _renamed(value, names) for key, value in state.items()}
