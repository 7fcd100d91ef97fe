"""`report.json`, the result of a run for programs. A figure that was not measured is null.

PSNR of which photos and which file each figure is: docs/artifacts.md.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, JsonValue

from components.shared.contracts.capture import CaptureFigures
from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.contracts.inspection import InspectionFigures
from components.shared.contracts.scene import SfmFigures
from components.shared.contracts.training import TrainFigures
from components.shared.errors import Failure


class RunStatus(StrEnum):
    """Whether a run delivered its scene."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class CompressFigures(Contract):
    """Part `compress`: the `.sog` file.

    A result from the cache has no `left_out`, `limited`, `order`, `seconds` and `exports_left_out`.
    """

    bytes: int | None = None
    ply_bytes: int | None = None
    ratio: float | None = None
    """`ply_bytes` / `bytes`."""
    bytes_per_gaussian: float | None = None
    gaussians: int | None = None
    """In the file."""
    left_out: dict[str, int] | None = None
    """Gaussians that are not in the file, by reason: not finite, transparent and others."""
    limited: int | None = None
    """Gaussians in the file with a scale or color that is set to the end of its range."""
    order: str | None = None
    """How Gaussians are ordered in the file."""
    seconds: float | None = None
    exports: dict[str, int] | None = None
    """Bytes of each further format that was asked for, by its name; all files of a folder together."""
    exports_left_out: dict[str, str] | None = None
    """Why a format that was asked for is missing, by its name."""


class DeliveredFigures(Contract):
    """Part `delivered`: what `evaluate` measured on the decoded `.sog`, means over the held-out photos."""

    psnr_db: float | None = None
    ssim: float | None = None
    lpips: float | None = None
    """None unless weights of LPIPS are given."""
    psnr_drop_db: float | None = None
    """Loss of PSNR by compression; below 0 where compression happened to help."""


class ReportParts(Contract):
    """The figures of the stages."""

    inspection: InspectionFigures = InspectionFigures()
    capture: CaptureFigures = CaptureFigures()
    sfm: SfmFigures = SfmFigures()
    train: TrainFigures = TrainFigures()
    compress: CompressFigures = CompressFigures()
    delivered: DeliveredFigures = DeliveredFigures()


class PublishFigures(Contract):
    """Figures of the stage `publish`, which have no part of their own in the report."""

    files: dict[str, int] = Field(default_factory=dict)
    """Bytes of each published file, by name."""
    parts: ReportParts = ReportParts()
    """Figures read from the artifacts, for stages that left no record because their result was cached."""


class TryCost(Contract):
    """One try of a stage on its node."""

    seconds: float
    """A killed try counts up to its last heartbeat."""
    cost_usd: float | None
    """None where the price of the node is not known."""


class StageCost(Contract):
    """One entry of `stages`: what a stage took, summed over its tries, and what it ran with.

    What was measured is null for a stage that did not run in this run. Costs are null where the price of its
    node is not known.
    """

    seconds: float | None = None
    cpu_seconds: float | None = None
    gpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    cost_usd: float | None = None
    """`seconds` of its node, at the price of the settings or else on demand."""
    spot_cost_usd: float | None = None
    """The same seconds at the table's price of spot capacity."""
    usd_per_hour: float | None = None
    """Price of its node that `cost_usd` is made with."""
    forecast_seconds: float | None = None
    """Before the run began; null where there was no forecast."""
    forecast_cost_usd: float | None = None
    saved_by_cache_usd: float | None = None
    """Forecast of a stage whose result came from a cache."""
    tries: list[TryCost] | None = None
    """Each try, the first one first; their sum is `cost_usd`."""
    retries: int | None = None
    """Tries beyond the first."""
    cached: bool | None = None
    """Whether the result came from a cache; None where the run failed before it needed the stage."""
    settings: dict[str, JsonValue] | None = None
    """Every setting of the stage by name, defaults resolved."""
    versions: dict[str, str] | None = None
    """Version of each package that the result depends on, by the package's name."""


class Totals(Contract):
    """Sums over all stages that ran; None where one of the summands is unknown."""

    seconds: float | None = None
    cost_usd: float | None = None
    spot_cost_usd: float | None = None
    """What `cost_usd` would be on spot capacity, at the table's prices."""
    forecast_seconds: float | None = None
    """Of all stages, before the run began."""
    forecast_cost_usd: float | None = None
    forecast_relative_error: float | None = None
    """Of the seconds of a run: the largest of the runs that the forecast was tested with."""
    saved_by_cache_usd: float | None = None
    """Forecast of the stages whose results came from a cache."""
    saved_by_early_end_usd: float | None = None
    """Of the steps that a training which ended early left out, at its own speed."""
    budget_usd: float | None = None
    """What the run was allowed to cost; null: no limit."""
    prices_as_of: str | None = None
    """Date of the table that prices are from; null where no price is from it."""
    tries: int = 0
    """Of all stages and of the small tasks between them."""


class Report(Contract):
    """The content of `report.json`."""

    schema_version: SchemaVersion = 1
    run: str | None = None
    """Id of the run on its cluster; None on one machine."""
    status: RunStatus
    failure: Failure | None = None
    earlier_scene_at: str | None = None
    """Of a failed run: when the scene of an earlier run that is still at the output was stored, ISO 8601 in
    UTC; None without one."""
    inspection: InspectionFigures = InspectionFigures()
    capture: CaptureFigures = CaptureFigures()
    sfm: SfmFigures = SfmFigures()
    train: TrainFigures = TrainFigures()
    compress: CompressFigures = CompressFigures()
    delivered: DeliveredFigures = DeliveredFigures()
    stages: dict[str, StageCost] = Field(default_factory=dict)
    """By name, in the order in which they run; `inspect` only where the run inspected its capture."""
    totals: Totals = Totals()
    files: dict[str, int] = Field(default_factory=dict)
    """Bytes of each file of the scene, by its name at the output; empty where the run stored none. What the
    scene before had and this one has not is deleted."""

    @property
    def gaussians(self) -> int | None:
        """Of the delivered .sog; of training where compression has not said."""
        return self.compress.gaussians or self.train.gaussians

    @property
    def earlier_scene_note(self) -> str:
        """A sentence that keeps an earlier scene from being taken for this run's; empty without one."""
        if self.earlier_scene_at is None:
            return ""
        day, time = self.earlier_scene_at[:16].split("T")
        return f"The scene there is of an earlier run, stored on {day} at {time} UTC; this one left it alone."
