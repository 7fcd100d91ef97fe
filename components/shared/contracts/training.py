"""`training.json`: result, history, settings, versions, GPUs and memory budget of a training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from components.shared.contracts.contract import Contract, SchemaVersion

TRAINING_FILE = "training.json"

Triple = tuple[float, float, float]
Row4 = tuple[float, float, float, float]


class HistoryEntry(Contract):
    """A point of the training curves."""

    step: int
    loss: float
    """Running mean over training photos."""
    gaussians: int
    psnr_db: float | None
    """Mean over held-out views; null at steps where it was not measured."""
    seconds: float
    """Training time so far."""
    timestamp_seconds: float | None = None
    """Unix time of this point; null in files of earlier versions."""


class BudgetReduction(Contract):
    """The budget of Gaussians before and after an out-of-memory error."""

    step: int
    """The last step before the error."""
    before: Annotated[int, Field(alias="from")]
    after: Annotated[int, Field(alias="to")]


class Budget(Contract):
    """The budget of Gaussians. Bytes are null on CPUs, where memory is not forecast."""

    wanted: int
    """Gaussians that the user or the preset asked for."""
    granted: int
    """Gaussians that fit into the free memory."""
    free_bytes: int | None = None
    """Free memory of the device, photos already loaded."""
    forecast_bytes: int | None = None
    """Memory of that which training takes with the granted budget."""


class LearnedCorrections(Contract):
    """Exposure and pose of one training photo as training learned them; null where they were not learned."""

    name: str
    gains: Triple | None = None
    """Factors of red, green and blue."""
    offsets: Triple | None = None
    """Added to red, green and blue in [0, 1], after the factors."""
    turned_deg: float | None = None
    """Angle between given and corrected camera."""
    shifted: float | None = None
    """Distance between given and corrected camera centre, scene units."""
    cam_from_world: tuple[Row4, Row4, Row4] | None = None
    """Corrected pose, [3, 4]."""


CleanUpReason = Literal["floaters", "haze"]


class CleanUpRule(Contract):
    """What one rule of the clean-up found, and whether it was removed."""

    found: int = 0
    """Gaussians."""
    removed: bool = False
    """False where the held-out photos would lose too much: then all of them are delivered."""
    psnr_change_db: float | None = None
    """Held-out PSNR without them minus that with them; null where none were found."""


class CleanUp(Contract):
    """The clean-up at the end of training."""

    rules: dict[CleanUpReason, CleanUpRule]
    """In the order in which they were tried."""
    psnr_before_db: float
    """Mean over held-out photos, before the first rule."""
    psnr_after_db: float
    """After the last."""
    pictured: str | None = None
    """The photo whose view changed most: renders of before and after lie beside the trained Gaussians."""

    def removed(self) -> dict[CleanUpReason, int]:
        """Gaussians that are not delivered, by reason; 0 where they were put back."""
        return {reason: rule.found if rule.removed else 0 for reason, rule in self.rules.items()}

    def sentence(self) -> str:
        """What was removed and what was put back, for people; empty where nothing was found."""
        gone = [f"{count:,} Gaussians of {reason}" for reason, count in self.removed().items() if count]
        back = [
            f"{rule.found:,} Gaussians of {reason} kept: removing them costs {-rule.psnr_change_db:.2f} dB"
            for reason, rule in self.rules.items()
            if rule.psnr_change_db is not None and not rule.removed
        ]
        if gone:
            change = f"held-out PSNR {self.psnr_before_db:.2f} to {self.psnr_after_db:.2f} dB"
            gone = [f"removed {' and '.join(gone)}: {change}"]
        return "; ".join([*gone, *back])


class EarlyEnd(Contract):
    """A training that ended before its last step, with what it had."""

    limit_seconds: float
    """Time that its last try was allowed."""
    steps_left: int
    saved_seconds: float
    """Of the steps that are left, at the speed of those before."""


class GpuUsage(Contract):
    """What the GPUs did in the last try of a training, loading and measuring included; null: not told."""

    seconds: float
    """Time that was watched."""
    utilization: float | None
    """Part of the time in which a kernel ran, in [0, 1]; mean over the GPUs."""
    power_watts: float | None
    """Mean over time, of all GPUs together."""
    energy_watt_hours: float | None
    """Of all GPUs together."""

    def sentence(self) -> str:
        """For people, with units that stay on the line of their number; empty where nothing was told."""
        parts = []
        if self.utilization is not None:
            parts.append(f"busy {self.utilization:.0%} of the time")
        if self.energy_watt_hours is not None and self.power_watts is not None:
            parts.append(f"{self.power_watts:.0f}\u00a0W, {self.energy_watt_hours:.1f}\u00a0Wh")
        return ", ".join(parts)


class TrainFigures(Contract):
    """The part `train` of `report.json`: the result of training, before compression. Null: not measured."""

    backend: str | None = None
    device: str | None = None
    steps: int | None = None
    gaussians: int | None = None
    psnr_db: float | None = None
    ssim: float | None = None
    seconds: float | None = None
    """Training time in all tries."""
    resumed_from_step: int | None = None
    """Null where training was not interrupted."""
    ended_early: EarlyEnd | None = None
    """Null where training took all its steps."""
    pruned: int | None = None
    """Gaussians that no training photo shows, outside of the cameras' reach or hidden: removed."""
    clean_up: CleanUp | None = None
    """Null where it was switched off."""
    gpu_usage: GpuUsage | None = None
    """Null on the CPU, and without NVML."""


class TrainingInfo(Contract):
    """The content of `training.json`."""

    schema_version: SchemaVersion = 1
    backend: str
    """Name of the rasterizer."""
    device: str
    """Model of the GPU, or `cpu`."""
    gpus: int
    """GPUs that trained together; 0 on the CPU."""
    gpu_usage: GpuUsage | None = None
    """Null on the CPU, and without NVML."""
    steps: int
    gaussians: int
    """Delivered Gaussians, after pruning and clean-up."""
    pruned: int | None = None
    """Gaussians that no training photo shows, outside of the cameras' reach or hidden: removed."""
    clean_up: CleanUp | None = None
    """Null where it was switched off."""
    seconds: float
    """Training time in all tries."""
    resumed_from_step: int | None
    """Step of the checkpoint that this try resumed from."""
    ended_early: EarlyEnd | None = None
    """Null where training took all its steps."""
    image_max_side_px: int
    """Longest side of the photos that were trained on."""
    antialiased: bool
    """Whether the Gaussians are to be rendered with opacity compensation."""
    held_out: list[str]
    """Names of the photos that were not trained on."""
    psnr_db: float
    """Mean over held-out photos."""
    ssim: float
    """Mean over held-out photos."""
    psnr_color_corrected_db: float | None
    """Mean over held-out photos, each render in the exposure of its photo; null where none was learned."""
    corrections: list[LearnedCorrections] | None
    """One entry per training photo; null where none were learned."""
    budget: Budget
    budget_reductions: list[BudgetReduction]
    """Out-of-memory errors that training survived."""
    history: list[HistoryEntry]
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """All settings as training used them, by name."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Versions of the packages that the result depends on, by name."""

    def figures(self) -> TrainFigures:
        return TrainFigures(**{name: getattr(self, name) for name in TrainFigures.model_fields})

    def metrics(self) -> dict[str, float]:
        """Flat figures for Kubeflow."""
        removed = self.clean_up.removed() if self.clean_up else {}
        return {
            "gaussians": self.gaussians,
            "held_out_psnr_db": self.psnr_db,
            "held_out_ssim": self.ssim,
            "training_seconds": self.seconds,
            **{f"removed_{reason}": float(count) for reason, count in removed.items()},
        }

    @property
    def gpu_seconds(self) -> float | None:
        """Training time on a GPU; None on the CPU."""
        return None if self.device == "cpu" else self.seconds
