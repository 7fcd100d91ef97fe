"""`report.json`: what a run did, found and cost, from the records its stages left."""

from __future__ import annotations

from typing import Any

from components.publish.settings import PublishSettings
from components.shared.errors import StageLostError

Record = dict[str, Any]

PARTS = {
    "ingest": ("capture", ("images", "accepted", "rejected")),
    "sfm": (
        "sfm",
        (
            "registered",
            "registered_fraction",
            "points",
            "reprojection_error_px",
            "attempts",
            "unregistered",
        ),
    ),
    "train": (
        "train",
        (
            "backend",
            "device",
            "steps",
            "gaussians",
            "psnr_db",
            "ssim",
            "lpips",
            "seconds",
            "resumed_from_step",
        ),
    ),
    "compress": ("compress", ("bytes", "ply_bytes", "ratio", "bytes_per_gaussian", "order", "seconds")),
    "evaluate": ("delivered", ("psnr_db", "ssim", "lpips", "psnr_drop_db")),
}
"""Per stage: its part of the report, and the figures that every report names, measured or not."""

STAGES = (*PARTS, "publish")
"""In the order in which they run."""

GPU_STAGES = frozenset({"train", "compress"})
_MEASURED = ("seconds", "cpu_seconds", "gpu_seconds", "peak_memory_bytes")


def build_report(records: dict[str, Record], *, succeeded: bool, settings: PublishSettings) -> dict[str, Any]:
    """Assemble the report; `succeeded` is the pipeline's own verdict, which a failed record overrules."""
    failure = _failure(records, succeeded)
    stages = {stage: _stage(stage, records.get(stage), failure is None, settings) for stage in STAGES}
    return {
        "schema": 1,
        "status": "failed" if failure else "succeeded",
        "failure": failure,
        **{part: _part(records.get(stage), names) for stage, (part, names) in PARTS.items()},
        "stages": stages,
        "totals": {
            "seconds": _sum(stages[stage]["seconds"] for stage in records if stage in stages),
            "cost_usd": _sum(stages[stage]["cost_usd"] for stage in records if stage in stages),
            "forecast_cost_usd": None,
        },
    }


def _failure(records: dict[str, Record], succeeded: bool) -> dict[str, Any] | None:
    for stage in STAGES:
        if stage in records and records[stage]["failure"]:
            failure: dict[str, Any] = records[stage]["failure"]
            return failure
    if succeeded:
        return None
    stage = next((stage for stage in STAGES if stage not in records), STAGES[-1])
    lost = StageLostError(
        f"{stage} ended without a word: it was stopped, killed for memory, or lost with its machine",
        remedy="Run the same command again: training goes on from its last checkpoint. "
        "If it ends like this again, give it more memory or lower --max-gaussians.",
    )
    return lost.to_failure(stage).to_json()


def _part(record: Record | None, names: tuple[str, ...]) -> dict[str, Any]:
    return dict.fromkeys(names) | (record["figures"] if record else {})


def _stage(stage: str, record: Record | None, succeeded: bool, settings: PublishSettings) -> dict[str, Any]:
    """A stage without a record in a run that succeeded did not have to run: it came from the cache."""
    measured = {name: record[name] if record else None for name in _MEASURED}
    cached = False if record else (True if succeeded else None)
    retries = record["retries"] if record else None
    return {**measured, "cost_usd": _cost(stage, record, settings), "retries": retries, "cached": cached}


def _cost(stage: str, record: Record | None, settings: PublishSettings) -> float | None:
    price = settings.gpu_usd_per_hour if stage in GPU_STAGES else settings.cpu_usd_per_hour
    return None if record is None or price is None else record["seconds"] / 3600 * price


def _sum(values: Any) -> float | None:
    """The sum, or None as soon as one of the values is unknown."""
    known = list(values)
    return None if not known or None in known else sum(known)
