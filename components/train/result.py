"""What a training tells of itself, for `training.json` and `report.json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from components.train.memory.budget import BudgetGrant
from components.train.report_figures import report_figures
from components.train.state import BudgetReduction, HistoryEntry


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What was trained, on what, and how good it is on photos it never saw."""

    backend: str
    device: str
    gpus: int
    """That trained together; 0 on the CPU."""
    steps: int
    gaussians: int
    seconds: float
    resumed_from_step: int | None
    image_max_side_px: int
    antialiased: bool
    held_out: list[str]
    psnr_db: float
    ssim: float
    psnr_color_corrected_db: float | None
    """In the held-out photos' exposures, where training learned those of its own; else None."""
    corrections: list[dict[str, Any]] | None
    """What training photos have of their own, where that was learned."""
    budget: BudgetGrant
    budget_reductions: list[BudgetReduction]
    """Where memory ran out, and what training went on with."""
    history: list[HistoryEntry]

    def to_json(self) -> dict[str, Any]:
        """The content of `training.json`."""
        return {"schema": 1, **asdict(self)}

    def figures(self) -> dict[str, Any]:
        """The `train` part of `report.json`."""
        return report_figures(self.to_json())

    def metrics(self) -> dict[str, float]:
        """Flat figures with their unit in the name."""
        return {
            "gaussians": self.gaussians,
            "held_out_psnr_db": self.psnr_db,
            "held_out_ssim": self.ssim,
            "training_seconds": self.seconds,
        }

    @property
    def gpu_seconds(self) -> float | None:
        return None if self.device == "cpu" else self.seconds
