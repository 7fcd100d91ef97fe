"""All that training changes: what a checkpoint holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from components.shared.contracts.training import BudgetReduction, HistoryEntry
from components.shared.image_metrics import psnr_db_of
from components.train.corrections.corrections import Corrections
from components.train.model.densification_stats import Evidence
from components.train.model.gaussians import Gaussians
from components.train.model.process_group import Team

_REMEMBERED = 0.98


@dataclass(slots=True)
class TrainingState:
    """Everything but photos and settings. Random numbers need no state: they follow from seed and step."""

    gaussians: Gaussians
    evidence: Evidence
    start_count: int
    budget: int
    """Gaussians at most; lowered when memory runs out."""
    caution: float = 1.0
    """Factor of all learning rates; lowered after a divergence."""
    step: int = 0
    seconds: float = 0.0
    running_loss: Tensor = field(default_factory=lambda: torch.tensor(torch.nan))
    running_error: Tensor = field(default_factory=lambda: torch.tensor(torch.nan))
    """Running mean of the squared error of training photos, clamped to [0, 1]."""
    history: list[HistoryEntry] = field(default_factory=list)
    corrections: Corrections = field(default_factory=Corrections)
    budget_reductions: list[BudgetReduction] = field(default_factory=list)

    @property
    def running_psnr_db(self) -> float:
        return psnr_db_of(float(self.running_error))

    @property
    def held_out_psnr_db(self) -> float | None:
        """As last measured."""
        return next((entry.psnr_db for entry in reversed(self.history) if entry.psnr_db is not None), None)

    @torch.no_grad()
    def track(self, loss: Tensor, squared_error: Tensor) -> None:
        """Update the running means without waiting for the device."""
        if self.step == 0:
            self.running_loss, self.running_error = loss.detach().clone(), squared_error.clone()
            return
        self.running_loss = torch.lerp(loss.detach(), self.running_loss, _REMEMBERED)
        self.running_error = torch.lerp(squared_error, self.running_error, _REMEMBERED)

    def limit_budget(self, budget: int) -> None:
        """Lower the budget; of too many Gaussians the most opaque stay."""
        self.budget = budget
        self.start_count = min(self.start_count, budget)
        if len(self.gaussians) > budget:
            rows = self.gaussians.opacities.topk(budget).indices
            self.gaussians.keep(rows)
            self.evidence = self.evidence.keep(rows)

    def shared_out(self, team: Team) -> TrainingState:
        """With this process' share of all rows."""
        if team.size == 1:
            return self
        rows = team.own_rows(len(self.gaussians))
        self.gaussians.keep(rows)
        self.evidence = self.evidence.keep(rows)
        return self

    def gathered(self, team: Team) -> TrainingState:
        """With the rows of all processes, in host memory: a device may have no room for them."""
        if team.size == 1:
            return self
        evidence = torch.stack([team.merge(each).cpu() for each in self.evidence.to_tensor()])
        return replace(
            self,
            gaussians=self.gaussians.mapped(lambda rows: team.merge(rows).cpu()),
            evidence=Evidence.from_tensor(evidence),
        )

    def state_dict(self) -> dict[str, Any]:
        return {
            "gaussians": self.gaussians.state_dict(),
            "evidence": self.evidence.to_tensor(),
            "running_loss": self.running_loss,
            "running_error": self.running_error,
            "budget_reductions": [each.to_json() for each in self.budget_reductions],
            "history": [entry.to_json() for entry in self.history],
            "corrections": self.corrections.state_dict(),
            **{name: getattr(self, name) for name in _PLAIN},
        }

    @classmethod
    def from_state_dict(cls, saved: dict[str, Any], device: torch.device) -> TrainingState:
        gaussians = Gaussians.from_state_dict(saved["gaussians"], device)
        return cls(
            gaussians=gaussians,
            evidence=Evidence.from_tensor(saved["evidence"]),
            running_loss=saved["running_loss"],
            running_error=saved["running_error"],
            budget_reductions=[BudgetReduction(**each) for each in saved["budget_reductions"]],
            history=[HistoryEntry(**entry) for entry in saved["history"]],
            corrections=Corrections.from_state_dict(saved["corrections"], device),
            **{name: saved[name] for name in _PLAIN},
        )


_PLAIN = ("start_count", "budget", "caution", "step", "seconds")
