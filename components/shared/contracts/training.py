"""`training.json`: result, history, settings, versions, GPUs and memory budget of a training."""

from __future__ import annotations

from typing import Annotated

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


class TrainingInfo(Contract):
    """The content of `training.json`."""

    schema_version: SchemaVersion = 1
    backend: str
    """Name of the rasterizer."""
    device: str
    """Model of the GPU, or `cpu`."""
    gpus: int
    """GPUs that trained together; 0 on the CPU."""
    steps: int
    gaussians: int
    """Delivered Gaussians, after pruning."""
    seconds: float
    """Training time in all tries."""
    resumed_from_step: int | None
    """Step of the checkpoint that this try resumed from."""
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
        return {
            "gaussians": self.gaussians,
            "held_out_psnr_db": self.psnr_db,
            "held_out_ssim": self.ssim,
            "training_seconds": self.seconds,
        }

    @property
    def gpu_seconds(self) -> float | None:
        """Training time on a GPU; None on the CPU."""
        return None if self.device == "cpu" else self.seconds
